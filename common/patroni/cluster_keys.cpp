#include "common/patroni/cluster_keys.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/base/bytes.h"
#include "common/patroni/cluster_members.h"
#include "common/patroni/loose_fields.h"
#include "common/patroni/patroni_tags.h"
#include "common/patroni/store_keys.h"

namespace tamada::patroni {
namespace {

constexpr std::string_view members_folder = "members/";
// What people write can be larger than what programs do.
constexpr JsonLimits config_limits{.size = std::size_t{1} << 20, .values = 10'000, .depth = 32};

Reading<std::string> read_leader(std::string_view text) {
  if (is_name(text)) return {std::string(text), {}};
  return {{}, fmt::format("found {} bytes, expected a name of 1 to {}", text.size(), name_max)};
}

Reading<std::string> read_initialize(std::string_view text) {
  if (text.empty() || is_system_identifier(text)) return {std::string(text), {}};
  return {{}, fmt::format("found \"{}\", expected a system identifier, or nothing", printable(text, 40))};
}

Reading<std::string> read_config(std::string_view text) {
  Reading<std::string> reading;
  if (read_object(text, reading.problem, config_limits)) reading.value = text;
  return reading;
}

Reading<std::uint32_t> read_timeline(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return {number, {}};
  return {0, fmt::format("found \"{}\", expected a timeline", printable(text, 40))};
}

template <class T>
ClusterKeys::Pointer<T> make_key(const StoredKey& key, Reading<T> reading) {
  return std::make_shared<const KeyReading<T>>(
      KeyReading<T>{std::move(reading.value), std::move(reading.problem), key.value, key.create_revision,
                    key.mod_revision, key.lease});
}

template <class T>
bool same(const ClusterKeys::Pointer<T>& left, const ClusterKeys::Pointer<T>& right) {
  return left == right || (left && right && *left == *right);
}

// The node's name, where this is a member's key.
std::optional<std::string_view> member_name(std::string_view name) {
  if (name.rfind(members_folder, 0) != 0) return std::nullopt;
  name.remove_prefix(members_folder.size());
  if (!is_name(name) || name.find('/') != std::string_view::npos) return std::nullopt;
  return name;
}

}  // namespace

// `visit` is given the place of the key `name` (behind the prefix) and what reads its value. False: there is no such place.
template <class Visit>
bool ClusterKeys::visit_slot(ClusterKeys& keys, std::string_view name, Visit visit) {
  if (name == "leader") return visit(keys.leader_, read_leader), true;
  if (name == "initialize") return visit(keys.initialize_, read_initialize), true;
  if (name == "config") return visit(keys.config_, read_config), true;
  if (name == "history") return visit(keys.history_, read_history_value), true;
  if (name == "status") return visit(keys.status_, read_status_value), true;
  if (name == "optime/leader") return visit(keys.optime_, read_status_value), true;
  if (name == "failover") return visit(keys.failover_, read_failover_value), true;
  if (name == "sync") return visit(keys.sync_, read_sync_value), true;
  if (name == "tamada/timeline") return visit(keys.newest_timeline_, read_timeline), true;
  if (name == "failsafe") return visit(keys.failsafe_, read_failsafe_value), true;
  return false;
}

void ClusterKeys::put(const StoredKey& key) {
  if (key.key.rfind(prefix_, 0) != 0) return;
  const std::string_view name = std::string_view(key.key).substr(prefix_.size());
  if (visit_slot(*this, name, [&](auto& slot, auto read) { slot = make_key(key, read(key.value)); })) return;
  if (const auto member = member_name(name)) {
    members_[std::string(*member)] = make_key(key, read_member_value(key.value));
  }
}

void ClusterKeys::remove(std::string_view key) {
  if (key.rfind(prefix_, 0) != 0) return;
  const std::string_view name = key.substr(prefix_.size());
  if (visit_slot(*this, name, [](auto& slot, auto) { slot = nullptr; })) return;
  if (const auto member = member_name(name)) {
    if (const auto found = members_.find(*member); found != members_.end()) members_.erase(found);
  }
}

ClusterKeys ClusterKeys::from_range(std::string prefix, const std::vector<StoredKey>& keys,
                                    std::int64_t revision) {
  ClusterKeys result(std::move(prefix));
  result.revision_ = revision;
  for (const StoredKey& key : keys) result.put(key);
  return result;
}

ClusterKeys ClusterKeys::advanced(const std::vector<KeyChange>& changes, std::int64_t revision) const {
  ClusterKeys result = *this;
  result.revision_ = std::max(revision_, revision);
  for (const KeyChange& change : changes) {
    if (change.key.mod_revision <= revision_) continue;
    change.deleted ? result.remove(change.key.key) : result.put(change.key);
  }
  return result;
}

ClusterKeys ClusterKeys::set_back(const std::vector<KeyChange>& changes, std::int64_t revision) const {
  ClusterKeys result = *this;
  result.revision_ = revision;
  for (const KeyChange& change : changes) {
    change.deleted ? result.remove(change.key.key) : result.put(change.key);
  }
  return result;
}

std::vector<ClusterKeys::Member> ClusterKeys::members() const {
  std::vector<Member> result;
  for (const auto& [name, key] : members_) {
    if (result.size() == members_max) break;
    result.push_back({name, key});
  }
  return result;
}

ClusterKeys::Pointer<MemberValue> ClusterKeys::member(std::string_view name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : found->second;
}

std::vector<std::uint32_t> ClusterKeys::oldest_version() const {
  std::vector<std::uint32_t> oldest;
  for (const auto& [name, key] : members_) {
    const auto version = key->value.version_numbers();
    if (version && (oldest.empty() || *version < oldest)) oldest = *version;
  }
  return oldest;
}

template <class Visit>
void ClusterKeys::each_key(Visit visit) const {
  visit("config", config_);
  visit("failover", failover_);
  visit("failsafe", failsafe_);
  visit("history", history_);
  visit("initialize", initialize_);
  visit("leader", leader_);
  for (const auto& [name, key] : members_) visit(std::string(members_folder) + name, key);
  visit("optime/leader", optime_);
  visit("status", status_);
  visit("tamada/timeline", newest_timeline_);
  visit("sync", sync_);
}

std::vector<std::string> ClusterKeys::problems() const {
  std::vector<std::string> words;
  each_key([&](std::string_view name, const auto& key) {
    if (key && !key->problem.empty()) words.push_back(fmt::format("{}: {}", name, key->problem));
  });
  if (members_.size() > members_max) {
    words.push_back(fmt::format("members: {} of them, expected at most {}", members_.size(), members_max));
  }
  return words;
}

bool ClusterKeys::operator==(const ClusterKeys& other) const {
  const bool same_members = std::equal(members_.begin(), members_.end(), other.members_.begin(),
                                       other.members_.end(), [](const auto& left, const auto& right) {
                                         return left.first == right.first && same(left.second, right.second);
                                       });
  return prefix_ == other.prefix_ && revision_ == other.revision_ && same(leader_, other.leader_) &&
         same(initialize_, other.initialize_) && same(config_, other.config_) &&
         same(history_, other.history_) && same(status_, other.status_) && same(optime_, other.optime_) &&
         same(failover_, other.failover_) && same(sync_, other.sync_) && same(failsafe_, other.failsafe_) &&
         same(newest_timeline_, other.newest_timeline_) && same_members;
}

}  // namespace tamada::patroni
