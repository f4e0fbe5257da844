#include "common/patroni/failover_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "common/json/json_reader.h"
#include "common/patroni/loose_fields.h"
#include "common/patroni/patroni_tags.h"
#include "common/patroni/python_value.h"

namespace tamada::patroni {
namespace {

// Patroni's value is two names and a time.
constexpr std::size_t failover_value_max = 4096;
constexpr JsonLimits failover_limits{.size = failover_value_max, .values = 100, .depth = 4};

std::optional<std::string> name_or_none(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// "a:b", as it was written before there was JSON.
Reading<FailoverValue> read_old_value(std::string_view value) {
  Reading<FailoverValue> reading;
  const auto colon = value.find(':');
  std::string_view second = colon == std::string_view::npos ? std::string_view() : value.substr(colon + 1);
  second = second.substr(0, second.find(':'));
  for (const auto& [text, part] :
       {std::pair{value.substr(0, colon), &reading.value.leader}, {second, &reading.value.candidate}}) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) continue;
    const std::string_view name = text.substr(first, text.find_last_not_of(' ') - first + 1);
    if (!is_name(name)) reading.note("found a name that is none");
    *part = std::string(name);
  }
  if (!reading.problem.empty()) reading.value = {};
  return reading;
}

}  // namespace

std::optional<FailoverValue> parse_failover_value(const std::string& value) {
  if (value.size() > failover_value_max) return std::nullopt;
  const auto parsed = parse_json_object("failover key", value);
  if (!parsed) return std::nullopt;
  const nlohmann::json& json = *parsed;
  // null and "" are how Patroni leaves a part out, too.
  const auto is_missing = [&](const char* name) {
    const auto part = json.find(name);
    return part == json.end() || part->is_null() ||
           (part->is_string() && part->get_ref<const std::string&>().empty());
  };
  FailoverValue found;
  found.is_scheduled = !is_missing("scheduled_at");
  if (found.is_scheduled && json["scheduled_at"].is_string())
    found.scheduled_at = json["scheduled_at"].get<std::string>();
  for (const auto& [name, part] : {std::pair{"leader", &found.leader}, {"member", &found.candidate}}) {
    if (is_missing(name)) continue;
    if (!json[name].is_string()) return std::nullopt;
    *part = json[name].get<std::string>();
    if ((*part)->size() > name_max) return std::nullopt;
  }
  return found;
}

Reading<FailoverValue> read_failover_value(std::string_view value) {
  Reading<FailoverValue> reading;
  if (value.empty()) return reading;
  auto json = parse_json_in_order("the value", value, failover_limits);
  if (!json && json.error().kind == ErrorKind::invalid) return read_old_value(value);
  if (!json || !json->is_object()) {
    reading.note(json ? fmt::format("found {}, expected an object", describe_json(*json))
                      : json.error().message);
    return reading;
  }
  LooseFields fields(*json, reading.problem);
  FailoverValue found;
  found.leader = name_or_none(fields.name("leader"));
  found.candidate = name_or_none(fields.name("member"));
  found.scheduled_at = fields.name("scheduled_at");
  found.is_scheduled = !found.scheduled_at.empty();
  // Half a wish is none: without its time, or its candidate, it would be another one.
  if (reading.problem.empty()) reading.value = std::move(found);
  return reading;
}

std::string write_failover_value(const FailoverValue& value) {
  auto json = nlohmann::ordered_json::object();
  if (value.leader) json["leader"] = *value.leader;
  if (value.candidate) json["member"] = *value.candidate;
  if (!value.scheduled_at.empty()) json["scheduled_at"] = value.scheduled_at;
  return compact_json(json);
}

}  // namespace tamada::patroni
