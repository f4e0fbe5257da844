#include "common/patroni/member_tags.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "common/base/bytes.h"
#include "common/patroni/loose_fields.h"
#include "common/patroni/patroni_tags.h"

namespace tamada::patroni {
namespace {

struct Pair {
  std::string_view name;    // of the switch
  std::string_view number;  // of the priority
};
constexpr std::array<Pair, 2> pairs{{{"nofailover", "failover_priority"}, {"nosync", "sync_priority"}}};
constexpr std::array<std::string_view, 5> switches{"clonefrom", "nofailover", "noloadbalance", "nosync",
                                                   "nostream"};

}  // namespace

bool MemberTags::is_set(std::string_view name) const {
  const PythonValue* value = find(name);
  return value != nullptr && value->is_truthy();
}

bool MemberTags::is_off(std::string_view name, std::string_view number_name) const {
  const PythonValue* word = find(name);
  if (word != nullptr && !word->is_none()) return word->is_truthy();
  const PythonValue* value = find(number_name);
  const auto number = value == nullptr ? std::nullopt : value->as_int();
  return number && *number <= 0;
}

std::int64_t MemberTags::priority(std::string_view name, std::string_view number_name) const {
  if (is_set(name)) return 0;
  const PythonValue* value = find(number_name);
  return (value == nullptr ? std::nullopt : value->as_int()).value_or(1);
}

bool MemberTags::nostream() const {
  const PythonValue* value = find("nostream");
  return value != nullptr && value->as_bool().value_or(false);
}

std::optional<std::string> MemberTags::replicatefrom() const {
  const PythonValue* value = find("replicatefrom");
  if (value == nullptr || !value->is_truthy() || value->is_nested()) return std::nullopt;
  return value->text();
}

std::vector<std::string> MemberTags::conflicts() const {
  std::vector<std::string> words;
  for (const auto& [name, number_name] : pairs) {
    const PythonValue* word = find(name);
    const PythonValue* value = find(number_name);
    const auto number = value == nullptr ? std::nullopt : value->as_int();
    if (word == nullptr || !number || word->is_truthy() != (*number > 0)) continue;
    words.push_back(fmt::format("Conflicting configuration between {}: {} and {}: {}. Defaulting to {}: {}",
                                name, word->text(), number_name, *number, name, word->text()));
  }
  return words;
}

MemberTags MemberTags::shown() const {
  MemberTags result;
  for (const auto& [name, value] : tags_) {
    const bool is_switch = std::find(switches.begin(), switches.end(), name) != switches.end();
    const bool has_number = std::any_of(pairs.begin(), pairs.end(), [&, &tag = name](const Pair& pair) {
      return pair.name == tag && find(pair.number) != nullptr;
    });
    if (!is_switch || has_number || value.is_truthy()) result.tags_.emplace_back(name, value);
  }
  return result;
}

MemberTags MemberTags::without_sync() const {
  MemberTags result = *this;
  result.set("nosync", true);
  result.set("sync_priority", 0);
  return result;
}

void MemberTags::set(std::string_view name, PythonValue value) {
  const auto found =
      std::find_if(tags_.begin(), tags_.end(), [&](const auto& entry) { return entry.first == name; });
  if (found != tags_.end()) {
    found->second = std::move(value);
  } else {
    tags_.emplace_back(std::string(name), std::move(value));
  }
}

nlohmann::ordered_json MemberTags::to_json() const {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : tags_) json[name] = value.to_json();
  return json;
}

Reading<MemberTags> read_member_tags(const nlohmann::ordered_json& json) {
  Reading<MemberTags> reading;
  if (!json.is_object()) {
    reading.note(fmt::format("found {}, expected an object", describe_json(json)));
    return reading;
  }
  PythonDict tags;
  for (const auto& [name, value] : json.items()) {
    if (tags.size() == tags_max) {
      reading.note(fmt::format("{} tags, expected at most {}", json.size(), tags_max));
      break;
    }
    const bool usable = !value.is_string() || value.get_ref<const std::string&>().size() <= name_max;
    if (!is_name(name) || !usable) {
      reading.note(fmt::format("the tag \"{}\" or its value is longer than {} bytes, or no text",
                               printable(name, 40), name_max));
      continue;
    }
    tags.emplace_back(name, PythonValue::of(value));
  }
  reading.value = MemberTags(std::move(tags));
  return reading;
}

}  // namespace tamada::patroni
