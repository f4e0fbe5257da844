// SlotRetention: whose slots are kept although their member's key is gone: those that were seen within member_slots_ttl
// (Patroni's contract 3.13). Pure: handed the time.
//
// The leader publishes the names under retain_slots in /status, so that every node keeps these slots. Each node remembers on
// its own as well what it has seen: a leader that publishes nothing (a Patroni before 4.0), or that died together with its key,
// is no reason to drop a slot in the middle of a fail-over. Where nobody has published anything, each slot that an agent finds
// when it comes may be of a member that is not back yet: it is taken for one that was seen then.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/server/slots/wanted_slots.h"
#include "common/base/time.h"
#include "common/patroni/dynamic/dynamic_settings.h"

namespace tamada::agent {

class SlotRetention {
 public:
  // `slots`: names of those that the server has, this node's own name's included; `ignored`: those of them that ignore_slots
  // names. Returns the names whose time is over now.
  // The time begins anew with a promotion, and with the end of a pause, since nobody could act before.
  std::vector<std::string> update(const WantedSlots& wanted, const patroni::DynamicSettings& shared,
                                  const std::set<std::string>& slots, const std::set<std::string>& ignored,
                                  TimePoint now);

  // For /status, sorted: members' slots, permanent ones excluded.
  [[nodiscard]] std::vector<std::string> names() const;
  // Those, and on other nodes than the leader those that it published.
  [[nodiscard]] std::set<std::string> remembered(const WantedSlots& wanted) const;

 private:
  std::map<std::string, TimePoint> seen_;  // by the slot's name
  bool has_begun_ = false;
  bool was_leader_ = false;
  bool has_taken_over_ = false;  // as the leader, what the former one published
};

}  // namespace tamada::agent
