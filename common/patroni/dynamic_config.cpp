#include "common/patroni/dynamic_config.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "common/json/json_reader.h"

namespace tamada::patroni {

namespace {

constexpr std::uint64_t seconds_max = 86400;

// Patroni lower-cases the text of whatever stands there and compares words.
std::string lower_text(const nlohmann::json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::optional<bool> switch_word(std::string_view text) {
  if (text == "on" || text == "true" || text == "yes" || text == "1") return true;
  if (text == "off" || text == "false" || text == "no" || text == "0") return false;
  return std::nullopt;
}

void read_seconds(JsonFields& fields, const char* key, Duration& target) {
  const auto* value = fields.any(key);
  if (value == nullptr) return;
  std::uint64_t seconds = 0;
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) seconds = 0;
  } else if (value->is_number_unsigned()) {
    seconds = value->get<std::uint64_t>();
  }
  if (seconds < 1 || seconds > seconds_max) {
    fields.refuse(key, *value, fmt::format("whole seconds from 1 to {}", seconds_max));
    return;
  }
  target = std::chrono::seconds(seconds);
}

bool read_switch(JsonFields& fields, const char* key) {
  const auto* value = fields.any(key);
  if (value == nullptr) return false;
  const auto word = value->is_structured() ? std::nullopt : switch_word(lower_text(*value));
  if (!word) fields.refuse(key, *value, "true or false");
  return word.value_or(false);
}

SynchronousMode read_synchronous_mode(JsonFields& fields) {
  const auto* value = fields.any("synchronous_mode");
  if (value == nullptr) return SynchronousMode::off;
  const std::string text = value->is_structured() ? std::string() : lower_text(*value);
  if (text == "quorum") return SynchronousMode::quorum;
  const auto word = switch_word(text);
  if (!word) fields.refuse("synchronous_mode", *value, "true, false or \"quorum\"");
  return word.value_or(false) ? SynchronousMode::on : SynchronousMode::off;
}

// As Python's bool() sees a scalar: not null, false, 0 or an empty text.
bool is_given(const nlohmann::json& value) {
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  if (value.is_number()) return value.get<double>() != 0;
  return !value.is_null() && value != false;
}

// Patroni counts a standby_cluster section only if it says whom to follow.
bool follows_another(const nlohmann::json& section) {
  const std::array<const char*, 3> keys{"host", "port", "restore_command"};
  return std::any_of(keys.begin(), keys.end(), [&](const char* key) {
    const auto found = section.find(key);
    return found != section.end() && is_given(*found);
  });
}

}  // namespace

Result<DynamicConfig> parse_dynamic_config(std::string_view body) {
  const auto document = parse_json_object("dynamic configuration", body);
  if (!document) return tl::make_unexpected(document.error());
  std::optional<Error> error;
  JsonFields fields(*document, "dynamic configuration: ", error);

  DynamicConfig config;
  read_seconds(fields, "ttl", config.ttl);
  read_seconds(fields, "loop_wait", config.loop_wait);
  read_seconds(fields, "retry_timeout", config.retry_timeout);
  config.synchronous_mode = read_synchronous_mode(fields);
  config.pause = read_switch(fields, "pause");
  if (const auto* section = fields.object("standby_cluster"))
    config.standby_cluster = follows_another(*section);
  if (error) return tl::make_unexpected(std::move(*error));
  return config;
}

}  // namespace tamada::patroni
