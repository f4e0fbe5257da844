// MemberTags: a node's tags as the agents understand them (patroni/tags.py), of a member's value or of a
// configuration. Pure.
//
// Order and types are kept: they are written again as they were. Where the switch and the number of one meaning
// contradict each other (nofailover and failover_priority, nosync and sync_priority), the switch counts.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/patroni/python_value.h"
#include "common/patroni/reading.h"

namespace tamada::patroni {

class MemberTags {
 public:
  MemberTags() = default;
  explicit MemberTags(PythonDict tags) : tags_(std::move(tags)) {}

  [[nodiscard]] bool nofailover() const { return is_off("nofailover", "failover_priority"); }
  // 0: nofailover. 1 where nothing is said.
  [[nodiscard]] std::int64_t failover_priority() const { return priority("nofailover", "failover_priority"); }
  [[nodiscard]] bool nosync() const { return is_off("nosync", "sync_priority"); }
  [[nodiscard]] std::int64_t sync_priority() const { return priority("nosync", "sync_priority"); }
  [[nodiscard]] bool noloadbalance() const { return is_set("noloadbalance"); }
  [[nodiscard]] bool clonefrom() const { return is_set("clonefrom"); }
  // Unlike the other switches this one is read as a word: "off" is off.
  [[nodiscard]] bool nostream() const;
  // The member to stream from; not set: the leader.
  [[nodiscard]] std::optional<std::string> replicatefrom() const;

  // Patroni's warnings, in its words: "Conflicting configuration between nofailover: True and failover_priority: 1.
  // Defaulting to nofailover: True".
  [[nodiscard]] std::vector<std::string> conflicts() const;
  // As a node shows and writes them: a switch that is off is left out, unless the number of the same meaning is there.
  [[nodiscard]] MemberTags shown() const;
  // While a node keeps itself out of the synchronous ones: nosync and sync_priority 0.
  [[nodiscard]] MemberTags without_sync() const;

  // nullptr: there is no such tag.
  [[nodiscard]] const PythonValue* find(std::string_view name) const { return find_value(tags_, name); }
  [[nodiscard]] const PythonDict& all() const { return tags_; }
  [[nodiscard]] nlohmann::ordered_json to_json() const;
  bool operator==(const MemberTags&) const = default;

 private:
  [[nodiscard]] bool is_set(std::string_view name) const;
  [[nodiscard]] bool is_off(std::string_view name, std::string_view number_name) const;
  [[nodiscard]] std::int64_t priority(std::string_view name, std::string_view number_name) const;
  void set(std::string_view name, PythonValue value);

  PythonDict tags_;
};

// Of an object. What is none, tags beyond tags_max, and names or texts longer than name_max are left out and told.
[[nodiscard]] Reading<MemberTags> read_member_tags(const nlohmann::ordered_json& json);

}  // namespace tamada::patroni
