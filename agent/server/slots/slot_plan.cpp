#include "agent/server/slots/slot_plan.h"

#include <algorithm>
#include <optional>

#include "agent/postgres/formats/slot_name.h"
#include "common/patroni/cluster_members.h"

namespace tamada::agent {

namespace {

class Planner {
 public:
  Planner(const SlotCircumstances& now, const SlotWishes& wishes, const ServerStatus& status)
      : now_(now), wishes_(wishes), status_(status), may_drop_(may_drop(now)) {}

  SlotPlan run() {
    for (const SlotStatus& slot : status_.slots) {
      // It goes with the session that made it: a base backup's.
      if (slot.is_temporary || wishes_.left_alone.contains(slot.name)) continue;
      const auto wish = wishes_.physical.find(slot.name);
      if (wish == wishes_.physical.end()) {
        if (const auto why = reason_against_unwanted(slot)) drop(slot, *why);
      } else if (const auto against = reason_against_wanted(slot, wish->second)) {
        if (drop(slot, *against)) plan_.creates.push_back(slot.name);
      } else {
        advance(slot, wish->second);
      }
    }
    for (const auto& [name, wish] : wishes_.physical) {
      const bool is_there = std::any_of(status_.slots.begin(), status_.slots.end(),
                                        [&name = name](const SlotStatus& slot) { return slot.name == name; });
      if (!is_there) plan_.creates.push_back(name);
    }
    return std::move(plan_);
  }

 private:
  bool drop(const SlotStatus& slot, SlotDrop::Why why) {
    if (!may_drop_ || slot.is_active || is_ignored(now_.shared.ignore_slots, slot)) return false;
    plan_.drops.push_back({slot.name, why});
    return true;
  }

  [[nodiscard]] std::optional<SlotDrop::Why> reason_against_unwanted(const SlotStatus& slot) const {
    if (!slot.is_logical || !slot.is_failover) return SlotDrop::Why::unknown;
    if (!now_.wanted.is_leader && status_.in_recovery && !slot.is_synced) return SlotDrop::Why::not_synced;
    return std::nullopt;
  }

  [[nodiscard]] std::optional<SlotDrop::Why> reason_against_wanted(const SlotStatus& slot,
                                                                   const SlotWish& wish) const {
    if (slot.is_logical) return SlotDrop::Why::other_type;
    if (slot.wal_status == "lost") return SlotDrop::Why::lost;
    if (wish.use == SlotWish::Use::streaming) return std::nullopt;
    // A leader whose server is not promoted yet: those that are to connect may have been connected to another node.
    const bool is_settled = !now_.wanted.is_leader || !status_.in_recovery;
    if (slot.has_xmin && wish.use == SlotWish::Use::idle && is_settled) return SlotDrop::Why::xmin;
    if (!slot.has_xmin && !slot.restart) return SlotDrop::Why::no_position;
    return std::nullopt;
  }

  void advance(const SlotStatus& slot, const SlotWish& wish) {
    if (slot.is_logical || slot.is_active || slot.has_xmin || wish.use == SlotWish::Use::streaming) return;
    if (slot.restart && wish.position > *slot.restart) plan_.advances.push_back({slot.name, wish.position});
  }

  const SlotCircumstances& now_;
  const SlotWishes& wishes_;
  const ServerStatus& status_;
  const bool may_drop_;
  SlotPlan plan_;
};

template <class T>
bool is_readable(const patroni::ClusterKeys::Pointer<T>& key) {
  return key && key->problem.empty();
}

}  // namespace

SlotPlan plan_slots(const SlotCircumstances& now, const SlotWishes& wishes, const ServerStatus& status) {
  return Planner(now, wishes, status).run();
}

std::map<std::string, std::uint64_t> slot_positions(const SlotCircumstances& now, const SlotWishes& wishes,
                                                    const ServerStatus& status) {
  std::map<std::string, std::uint64_t> positions;
  if (!now.shared.use_slots) return positions;
  const bool with_members = now.shared.member_slots_ttl > 0s;
  for (const SlotStatus& slot : status.slots) {
    if (slot.is_temporary) continue;
    const bool is_told = slot.is_logical ? wishes.left_alone.contains(slot.name)
                         : with_members  ? wishes.physical.contains(slot.name)
                                         : wishes.permanent.contains(slot.name);
    const auto& position = slot.is_logical ? slot.confirmed : slot.restart;
    if (is_told && position) positions[slot.name] = *position;
  }
  const std::string own = slot_name_of_member(now.wanted.self);
  const auto own_position = position_of(status);
  if (own_position && (with_members || wishes.permanent.contains(own))) positions[own] = *own_position;
  return positions;
}

bool may_drop(const SlotCircumstances& now) {
  const patroni::ClusterKeys& keys = now.wanted.keys;
  const bool has_settled =
      now.in_recovery ? !now.wanted.is_leader || now.shared.standby_cluster : now.wanted.is_leader;
  return has_settled && !now.wanted.is_paused && !now.wanted.leader.empty() && is_readable(keys.config()) &&
         is_readable(keys.status()) && keys.members().size() < patroni::members_max;
}

bool is_ignored(const std::vector<patroni::IgnoredSlot>& ignored, const SlotStatus& slot) {
  const std::string type = slot.is_logical ? "logical" : "physical";
  const auto is = [](const std::optional<std::string>& wanted, const std::string& actual) {
    return !wanted || *wanted == actual;
  };
  return std::any_of(ignored.begin(), ignored.end(), [&](const patroni::IgnoredSlot& one) {
    return is(one.name, slot.name) && is(one.type, type) && is(one.database, slot.database) &&
           is(one.plugin, slot.plugin);
  });
}

}  // namespace tamada::agent
