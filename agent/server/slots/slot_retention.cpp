#include "agent/server/slots/slot_retention.h"

#include <algorithm>
#include <utility>

#include "agent/postgres/formats/slot_name.h"

namespace tamada::agent {

namespace {

const std::vector<std::string>& published(const WantedSlots& wanted) {
  static const std::vector<std::string> none;
  const auto& status = wanted.keys.status();
  return status ? status->value.retain_slots : none;
}

bool is_of_member(const std::string& slot, const WantedSlots& wanted) {
  const auto members = wanted.keys.members();
  return std::any_of(members.begin(), members.end(),
                     [&slot](const auto& member) { return slot_name_of_member(member.name) == slot; });
}

std::set<std::string> slots_of_members(const WantedSlots& wanted) {
  std::set<std::string> names;
  for (const auto& member : wanted.keys.members()) {
    if (!member.key->value.tags.nostream()) names.insert(slot_name_of_member(member.name));
  }
  // While this node's own key is away the others keep its slot as they would anybody's.
  if (!wanted.keys.member(wanted.self)) names.insert(slot_name_of_member(wanted.self));
  return names;
}

}  // namespace

std::vector<std::string> SlotRetention::update(const WantedSlots& wanted,
                                               const patroni::DynamicSettings& shared,
                                               const std::set<std::string>& slots,
                                               const std::set<std::string>& ignored, TimePoint now) {
  if (wanted.is_leader != was_leader_) has_taken_over_ = false;
  const bool is_promoted = wanted.is_leader && !was_leader_;
  was_leader_ = wanted.is_leader;
  if (shared.member_slots_ttl <= 0s) {
    seen_.clear();
    return {};
  }
  if (is_promoted || wanted.is_paused) {
    for (auto& [name, seen] : seen_) seen = now;
  }
  // Once: what a leader reads there later is what it has published itself, and would keep for ever.
  if (wanted.is_leader && !has_taken_over_ && wanted.keys.status()) {
    has_taken_over_ = true;
    for (const std::string& name : published(wanted)) {
      if (is_slot_name(name)) seen_.try_emplace(name, now);
    }
  }
  const bool begins = !std::exchange(has_begun_, true);
  if (begins && published(wanted).empty()) {
    for (const std::string& name : slots) {
      // What the settings leave to somebody else is not asked of the other nodes; of a member that is here its tags tell.
      if (!ignored.contains(name) && !is_of_member(name, wanted)) seen_.try_emplace(name, now);
    }
  }
  for (const std::string& name : slots_of_members(wanted)) {
    if (slots.contains(name)) seen_[name] = now;
  }
  for (const patroni::PermanentSlot& slot : shared.slots) seen_.erase(slot.name);

  std::vector<std::string> expired;
  for (auto one = seen_.begin(); one != seen_.end();) {
    if (one->second + shared.member_slots_ttl > now) {
      ++one;
      continue;
    }
    expired.push_back(one->first);
    one = seen_.erase(one);
  }
  return expired;
}

std::vector<std::string> SlotRetention::names() const {
  std::vector<std::string> names;
  names.reserve(seen_.size());
  for (const auto& [name, seen] : seen_) names.push_back(name);
  return names;
}

std::set<std::string> SlotRetention::remembered(const WantedSlots& wanted) const {
  std::set<std::string> all;
  if (!has_taken_over_) {
    for (const std::string& name : published(wanted)) {
      if (is_slot_name(name)) all.insert(name);
    }
  }
  for (const auto& [name, seen] : seen_) all.insert(name);
  return all;
}

}  // namespace tamada::agent
