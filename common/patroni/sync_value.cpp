#include "common/patroni/sync_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>

#include "common/patroni/cluster_members.h"
#include "common/patroni/loose_fields.h"
#include "common/patroni/patroni_tags.h"
#include "common/patroni/python_value.h"

namespace tamada::patroni {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view blanks = " \t\n\r\f\v";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Names between commas, without blanks around them and without empty ones.
std::vector<std::string> split_names(std::string_view text, std::string& problem) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto comma = text.find(',');
    std::string_view name = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const auto first = name.find_first_not_of(blanks);
    if (first == std::string_view::npos) continue;
    name = name.substr(first, name.find_last_not_of(blanks) - first + 1);
    if (is_name(name) && names.size() < members_max) {
      names.emplace_back(name);
    } else if (problem.empty()) {
      problem = fmt::format("sync_standby: more than {} names, or one of more than {} bytes", members_max,
                            name_max);
    }
  }
  return names;
}

}  // namespace

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool SyncValue::has_voter(std::string_view name) const {
  if (is_empty() || name.empty()) return false;
  return std::any_of(voters.begin(), voters.end(),
                     [&](const std::string& one) { return same_name(one, name); });
}

bool SyncValue::is_leader(std::string_view name) const {
  return !is_empty() && same_name(leader, name);
}

std::vector<std::string> SyncValue::members() const {
  if (is_empty()) return {};
  std::vector<std::string> all{leader};
  all.insert(all.end(), voters.begin(), voters.end());
  return all;
}

Reading<SyncValue> read_sync_value(std::string_view value) {
  Reading<SyncValue> reading;
  const auto json = read_object(value, reading.problem);
  if (!json) return reading;
  LooseFields fields(*json, reading.problem);
  SyncValue sync;
  sync.leader = fields.name("leader");
  if (sync.is_empty()) return reading;
  sync.voters = split_names(fields.text("sync_standby", value_limits.size), reading.problem);
  const auto quorum = fields.number("quorum");
  if (quorum && *quorum > members_max) fields.note("quorum", fmt::format("found the number {}", *quorum));
  sync.quorum = static_cast<std::uint32_t>(quorum.value_or(0));
  // Half a value is none: names that are missing would let a node lead that lacks acknowledged data.
  if (reading.problem.empty()) reading.value = std::move(sync);
  return reading;
}

std::string write_sync_value(const SyncValue& value) {
  Json json = Json::object();
  json["leader"] = value.leader.empty() ? Json() : Json(value.leader);
  json["quorum"] = value.quorum;
  const std::set<std::string> sorted(value.voters.begin(), value.voters.end());
  std::string names;
  for (const std::string& name : sorted) names += (names.empty() ? "" : ",") + name;
  json["sync_standby"] = names.empty() ? Json() : Json(names);
  return compact_json(json);
}

}  // namespace tamada::patroni
