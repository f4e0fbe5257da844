#include "common/patroni/patroni_tags.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tamada::patroni {

namespace {

using nlohmann::json;

// Python's bool(): what Patroni makes of a tag.
bool is_truthy(const json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

}  // namespace

PatroniTags read_tags(JsonFields& fields, const char* key) {
  PatroniTags result;
  const json* source = fields.object(key);
  if (source == nullptr) return result;
  if (source->size() > tags_max) {
    fields.refuse(key, fmt::format("{} tags, expected at most {}", source->size(), tags_max));
    return result;
  }
  JsonFields tags = fields.inside(key, *source);
  for (const auto& [name, value] : source->items()) {
    if (has_control_character(name) || name.size() > name_max)
      tags.refuse(name, "not a usable name of a tag");
    if (value.is_string()) result.values[name] = tags.name(name.c_str());
    if (value.is_boolean() || value.is_number()) result.values[name] = value.dump();
  }
  const auto truthy = [&](const char* name) {
    const auto found = source->find(name);
    return found != source->end() && is_truthy(*found);
  };
  result.noloadbalance = truthy("noloadbalance");
  result.nofailover = truthy("nofailover");
  result.clonefrom = truthy("clonefrom");
  result.nosync = truthy("nosync");
  return result;
}

}  // namespace tamada::patroni
