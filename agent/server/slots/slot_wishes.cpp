#include "agent/server/slots/slot_wishes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/postgres/formats/slot_name.h"

namespace tamada::agent {

namespace {

using Members = std::vector<patroni::ClusterKeys::Member>;

class Wisher {
 public:
  explicit Wisher(const SlotCircumstances& now)
      : now_(now),
        members_(now.wanted.keys.members()),
        own_slot_(slot_name_of_member(now.wanted.self)),
        serves_as_leader_(now.wanted.is_leader || !now.in_recovery) {}

  SlotWishes run() {
    if (!now_.shared.use_slots) return wishes_;
    add_members();
    add_retained();
    // Who may not become the leader serves nobody but those that name it.
    if (may_lead()) add_permanent();
    return std::move(wishes_);
  }

 private:
  [[nodiscard]] bool may_lead() const { return serves_as_leader_ || !now_.tags.nofailover(); }

  [[nodiscard]] bool streams_from_here(const patroni::ClusterKeys::Member& member) const {
    const auto upstream = member.key->value.tags.replicatefrom();
    if (!serves_as_leader_) return upstream == now_.wanted.self && member.name != now_.wanted.leader;
    return !upstream || *upstream == now_.wanted.self || !now_.wanted.keys.member(*upstream);
  }

  [[nodiscard]] bool has_slot_here(const patroni::ClusterKeys::Member& member, bool streams) const {
    if (now_.shared.member_slots_ttl <= 0s) return streams;
    return may_lead() || member.key->value.tags.replicatefrom() == now_.wanted.self;
  }

  [[nodiscard]] WalPosition told_position(const std::string& slot) const {
    WalPosition position = 0;
    const auto& status = now_.wanted.keys.status();
    if (status && status->value.slots) {
      if (const auto found = status->value.slots->find(slot); found != status->value.slots->end())
        position = found->second;
    }
    const auto pushed = now_.wanted.pushed.find(slot);
    return pushed == now_.wanted.pushed.end() ? position : std::max(position, pushed->second);
  }

  // A Patroni before 4.0 tells no positions of members' slots.
  [[nodiscard]] bool is_leader_old() const {
    const auto leader = now_.wanted.keys.member(now_.wanted.leader);
    const auto version = leader ? leader->value.version_numbers() : std::nullopt;
    return version && *version < std::vector<std::uint32_t>{4};
  }

  void add_members() {
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& member : members_) {
      if (member.name == now_.wanted.self || member.key->value.tags.nostream()) continue;
      const bool streams = streams_from_here(member);
      if (!has_slot_here(member, streams)) continue;
      const std::string slot = slot_name_of_member(member.name);
      WalPosition position = told_position(slot);
      // A cascading member's slot on the leader does not move by itself: the member says how far it has come.
      if (member.key->value.tags.replicatefrom() || is_leader_old())
        position = std::max(position, member.key->value.xlog_location.value_or(0));
      names[slot].push_back(member.name);
      const auto [found, is_new] = wishes_.physical.try_emplace(
          slot, SlotWish{streams ? SlotWish::Use::streaming : SlotWish::Use::idle, position});
      if (is_new) continue;
      // Two members share it: it is not moved past the one that is behind, whichever that is.
      found->second.position = 0;
      if (streams) found->second.use = SlotWish::Use::streaming;
    }
    std::vector<std::string> shared;
    for (const auto& [slot, all] : names) {
      if (all.size() > 1) shared.push_back(fmt::format("{} map to {}", fmt::join(all, ", "), slot));
    }
    if (!shared.empty()) {
      wishes_.problems.push_back(fmt::format("Following cluster members share a replication slot name: {}",
                                             fmt::join(shared, "; ")));
    }
  }

  // Of members that are away only: those that are here have the slots that they should have.
  void add_retained() {
    if (now_.shared.member_slots_ttl <= 0s) return;
    for (const std::string& slot : now_.remembered) {
      const bool is_here = std::any_of(members_.begin(), members_.end(), [&slot](const auto& member) {
        return slot_name_of_member(member.name) == slot;
      });
      if (is_here || slot == own_slot_) continue;
      wishes_.physical.try_emplace(slot, SlotWish{SlotWish::Use::unknown, told_position(slot)});
    }
  }

  void add_permanent() {
    const std::string kind = now_.shared.standby_cluster ? "standby" : "primary";
    for (const patroni::PermanentSlot& slot : now_.shared.slots) {
      if (!slot.cluster_type.empty() && slot.cluster_type != kind) continue;
      if (slot.type == patroni::PermanentSlot::Type::logical) {
        if (wishes_.physical.contains(slot.name)) {
          wishes_.problems.push_back(fmt::format(
              "Permanent logical replication slot '{}' is conflicting with the slot of a cluster member",
              slot.name));
        } else {
          wishes_.left_alone.insert(slot.name);
        }
        continue;
      }
      wishes_.permanent.insert(slot.name);
      if (slot.name == own_slot_) continue;
      const auto member = std::find_if(members_.begin(), members_.end(), [&slot](const auto& one) {
        return slot_name_of_member(one.name) == slot.name;
      });
      const bool is_member = member != members_.end();
      const bool cascades = is_member && member->key->value.tags.replicatefrom().has_value();
      SlotWish wish;
      wish.use = serves_as_leader_ && !cascades ? SlotWish::Use::streaming : SlotWish::Use::idle;
      wish.position = told_position(slot.name);
      if (is_member) wish.position = std::max(wish.position, member->key->value.xlog_location.value_or(0));
      wishes_.physical.try_emplace(slot.name, wish);
    }
  }

  const SlotCircumstances& now_;
  const Members members_;
  const std::string own_slot_;
  // A primary without the lock, as there is one in pause, has the slots of a leader as well.
  const bool serves_as_leader_;
  SlotWishes wishes_;
};

}  // namespace

SlotWishes wished_slots(const SlotCircumstances& now) {
  return Wisher(now).run();
}

}  // namespace tamada::agent
