#include "common/patroni/failsafe_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/bytes.h"
#include "common/patroni/cluster_members.h"
#include "common/patroni/loose_fields.h"
#include "common/patroni/python_value.h"

namespace tamada::patroni {

Reading<FailsafeValue> read_failsafe_value(std::string_view value) {
  Reading<FailsafeValue> reading;
  const auto json = read_object(value, reading.problem);
  if (!json) return reading;
  if (json->size() > members_max) {
    reading.note(fmt::format("found {} nodes, expected at most {}", json->size(), members_max));
  }
  LooseFields fields(*json, reading.problem);
  FailsafeValue failsafe;
  for (const auto& [name, url] : json->items()) {
    if (!is_name(name) || !url.is_string()) {
      reading.note(fmt::format("the entry \"{}\" is no name with a URL", printable(name, 40)));
      break;
    }
    failsafe.api_urls[name] = fields.text(name.c_str());
  }
  if (reading.problem.empty()) reading.value = std::move(failsafe);
  return reading;
}

std::string write_failsafe_value(const FailsafeValue& value) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [name, url] : value.api_urls) json[name] = url;
  return compact_json(json);
}

}  // namespace tamada::patroni
