// SlotPlan: what is to be done about the slots that there are, for those that there should be (slot_wishes.h). Pure.
//
// Nothing is dropped that could be needed: nothing in pause, nothing that is in use, nothing that `ignore_slots` names, and
// nothing while it cannot be known what is wanted (may_drop()). A slot that the server synchronizes by itself (PostgreSQL 17,
// `failover`) is dropped only on a standby where it is not one of those: there it keeps the server from synchronizing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/postgres/server_query.h"
#include "agent/server/slots/slot_wishes.h"

namespace tamada::agent {

struct SlotDrop {
  enum class Why : std::uint8_t {
    unknown,      // nobody wants it
    other_type,   // a logical one has the name of one that is wanted
    xmin,         // nobody connects here, so that it would hold rows back for ever
    no_position,  // it reserves no log, so that it cannot be moved
    lost,         // what it reserved is gone: who connects is refused
    not_synced,   // see above
  };
  std::string name;
  Why why = Why::unknown;
  bool operator==(const SlotDrop&) const = default;
};

struct SlotAdvance {
  std::string name;
  WalPosition to = 0;
  bool operator==(const SlotAdvance&) const = default;
};

// Done in this order. A slot that is dropped and wanted is made again.
struct SlotPlan {
  std::vector<SlotDrop> drops;
  std::vector<std::string> creates;
  std::vector<SlotAdvance> advances;
  bool operator==(const SlotPlan&) const = default;
};

// `status`: of the server, its slots as they were looked at.
[[nodiscard]] SlotPlan plan_slots(const SlotCircumstances& now, const SlotWishes& wishes,
                                  const ServerStatus& status);

// For /status: where the slots are that are wanted here, and under this node's own name how far it has come itself. Without
// member_slots_ttl only permanent ones. Logical ones that the configuration names are told as well: a Patroni copies them.
[[nodiscard]] std::map<std::string, std::uint64_t> slot_positions(const SlotCircumstances& now,
                                                                  const SlotWishes& wishes,
                                                                  const ServerStatus& status);

// Is enough known to drop a slot? There is a leader, the configuration and /status are there and readable, no member is left
// out for their number, this node is neither a primary without the lock nor about to be promoted, and there is no pause.
[[nodiscard]] bool may_drop(const SlotCircumstances& now);

// Does `ignore_slots` name it?
[[nodiscard]] bool is_ignored(const std::vector<patroni::IgnoredSlot>& ignored, const SlotStatus& slot);

}  // namespace tamada::agent
