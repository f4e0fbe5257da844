#include "common/patroni/status_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "common/patroni/loose_fields.h"
#include "common/patroni/python_value.h"

namespace tamada::patroni {
namespace {

using Json = nlohmann::ordered_json;

void read_slots(LooseFields& fields, StatusValue& status) {
  const auto json = fields.structure("slots", false);
  if (!json) return;
  status.slots.emplace();
  for (const auto& [name, position] : json->items()) {
    if (!is_name(name)) {
      fields.note("slots", "a name that is none");
      continue;
    }
    const auto lsn = PythonValue::of(position).as_int();
    (*status.slots)[name] = lsn && *lsn > 0 ? static_cast<std::uint64_t>(*lsn) : 0;
  }
}

}  // namespace

Reading<StatusValue> read_status_value(std::string_view value) {
  Reading<StatusValue> reading;
  auto json = parse_json_in_order("the value", value, value_limits);
  if (json && json->is_number_integer()) {
    const auto optime = PythonValue::of(*json).as_int();
    if (!optime || *optime < 0) reading.note("found a number below 0, expected a position in the WAL");
    reading.value.optime = static_cast<std::uint64_t>(std::max<std::int64_t>(optime.value_or(0), 0));
    return reading;
  }
  if (!json || !json->is_object()) {
    reading.note(json ? fmt::format("found {}, expected an object", describe_json(*json))
                      : json.error().message);
    return reading;
  }
  LooseFields fields(*json, reading.problem);
  reading.value.optime = fields.number("optime").value_or(0);
  read_slots(fields, reading.value);
  const auto retained = fields.structure("retain_slots", true);
  for (const Json& name : retained ? *retained : Json::array()) {
    if (name.is_string() && is_name(name.get_ref<const std::string&>())) {
      reading.value.retain_slots.push_back(name.get<std::string>());
    } else {
      fields.note("retain_slots", "a name that is none");
    }
  }
  return reading;
}

std::string write_status_value(const StatusValue& value) {
  Json json = Json::object();
  json["optime"] = value.optime;
  if (value.slots && !value.slots->empty()) {
    Json& slots = json["slots"] = Json::object();
    for (const auto& [name, lsn] : *value.slots) slots[name] = lsn;
  }
  if (!value.retain_slots.empty()) json["retain_slots"] = value.retain_slots;
  return compact_json(json);
}

}  // namespace tamada::patroni
