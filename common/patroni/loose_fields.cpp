#include "common/patroni/loose_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/patroni/patroni_tags.h"
#include "common/patroni/python_value.h"

namespace tamada::patroni {

using Json = nlohmann::ordered_json;

std::optional<Json> read_object(std::string_view value, std::string& problem, const JsonLimits& limits) {
  auto json = parse_json_in_order("the value", value, limits);
  if (json && json->is_object()) return *std::move(json);
  if (problem.empty()) {
    problem = json ? fmt::format("found {}, expected an object", describe_json(*json)) : json.error().message;
  }
  return std::nullopt;
}

bool is_plain_text(std::string_view text, std::size_t most) {
  if (text.size() > most || has_control_character(text)) return false;
  while (!text.empty()) {
    const Utf8Char next = read_utf8(text);
    if (!next.valid) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

bool is_name(std::string_view text) {
  return !text.empty() && is_plain_text(text, name_max);
}

const Json* LooseFields::any(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool LooseFields::has(const char* key) const {
  return object_.find(key) != object_.end();
}

std::string LooseFields::text(const char* key, std::size_t most) {
  const Json* value = any(key);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    note(key, fmt::format("found {}, expected text", describe_json(*value)));
    return {};
  }
  const auto& text = value->get_ref<const std::string&>();
  if (is_plain_text(text, most)) return text;
  note(key, fmt::format("found a text of {} bytes, expected at most {} without control characters",
                        text.size(), most));
  return {};
}

std::optional<std::uint64_t> LooseFields::number(const char* key) {
  const Json* value = any(key);
  if (value == nullptr) return std::nullopt;
  const auto number = PythonValue::of(*value).as_int();
  if (number && *number >= 0) return static_cast<std::uint64_t>(*number);
  note(key, fmt::format("found {}, expected a whole number from 0", describe_json(*value)));
  return std::nullopt;
}

bool LooseFields::is_truthy(const char* key) const {
  const Json* value = any(key);
  return value != nullptr && PythonValue::of(*value).is_truthy();
}

std::optional<Json> LooseFields::structure(const char* key, bool list) {
  const Json* value = any(key);
  if (value == nullptr) return std::nullopt;
  Json found = *value;
  if (found.is_string()) {
    auto inner = parse_json_in_order("its text", found.get_ref<const std::string&>(), value_limits);
    if (inner) found = *std::move(inner);
  }
  if (list ? found.is_array() : found.is_object()) return found;
  note(key, fmt::format("found {}, expected {}", describe_json(*value), list ? "a list" : "an object"));
  return std::nullopt;
}

void LooseFields::note(const char* key, const std::string& words) {
  if (problem_.empty()) problem_ = fmt::format("{}: {}", key, words);
}

}  // namespace tamada::patroni
