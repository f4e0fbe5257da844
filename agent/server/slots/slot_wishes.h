// Which replication slots this node should have, and why (Patroni's contract 3.13). Pure.
//
// Members. Everybody who may become the leader has a slot for each other member, so that a member finds its slot, and the log
// that it still needs, wherever it connects next; only with member_slots_ttl 0 just for those that stream from this node. A
// node that may not become the leader has one for those whose replicatefrom names it. A member with replicatefrom streams
// from there while that member's key is in the store, else from the leader. A nostream member has none, and nobody has one
// for itself.
// Retained ones: of members that were here within member_slots_ttl (slot_retention.h).
// Permanent physical ones (`slots`); permanent logical ones are left to whoever makes them: they are not made, moved
// or dropped here.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/config/node_tags.h"
#include "agent/postgres/formats/wal_position.h"
#include "agent/server/slots/wanted_slots.h"
#include "common/patroni/dynamic/dynamic_settings.h"

namespace tamada::agent {

struct SlotWish {
  enum class Use : std::uint8_t {
    streaming,  // somebody should be connected, who moves it
    idle,       // nobody connects here now: moved to where it is on the leader
    unknown,    // of a member that is away: likewise, but what it holds back is left alone
  };
  Use use = Use::idle;
  WalPosition position = 0;  // where it is on the leader, or how far its member has come; 0: not known
  bool operator==(const SlotWish&) const = default;
};

struct SlotWishes {
  std::map<std::string, SlotWish> physical;  // by the slot's name
  std::set<std::string> left_alone;          // permanent logical ones
  std::set<std::string> permanent;    // those of `physical` that the configuration names, members' included
  std::vector<std::string> problems;  // sentences, for the log

  bool operator==(const SlotWishes&) const = default;
};

struct SlotCircumstances {
  const WantedSlots& wanted;
  const patroni::DynamicSettings& shared;
  const NodeTags& tags;     // this node's
  bool in_recovery = true;  // this node's server
  // Names of slots, of members that are not here any more: what the leader retains (/status) and what this node remembers.
  const std::set<std::string>& remembered;
};

[[nodiscard]] SlotWishes wished_slots(const SlotCircumstances& now);

}  // namespace tamada::agent
