// LooseFields: takes known members out of a JSON object whose parts need not be right. What is wrong counts as absent,
// and the first wrong one is told. Internal to this folder; lives as long as `object` and `problem`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/json/json_reader.h"
#include "common/patroni/reading.h"

namespace tamada::patroni {

// The object that a key's value is. Anything else is told in `problem`, and gives nothing.
[[nodiscard]] std::optional<nlohmann::ordered_json> read_object(std::string_view value, std::string& problem,
                                                                const JsonLimits& limits = value_limits);

// At most `most` bytes of UTF-8 without control characters: it may stand in a log line, and in JSON.
[[nodiscard]] bool is_plain_text(std::string_view text, std::size_t most);
// The same, of 1 to name_max bytes.
[[nodiscard]] bool is_name(std::string_view text);

class LooseFields {
 public:
  LooseFields(const nlohmann::ordered_json& object, std::string& problem)
      : object_(object), problem_(problem) {}

  // nullptr: absent, or null.
  [[nodiscard]] const nlohmann::ordered_json* any(const char* key) const;
  // Is there such a member, whatever its value?
  [[nodiscard]] bool has(const char* key) const;
  // Without control characters, at most `most` bytes; empty: absent.
  std::string text(const char* key, std::size_t most = json_text_max);
  std::string name(const char* key) { return text(key, json_name_max); }
  // As PythonValue::as_int reads it, not negative.
  std::optional<std::uint64_t> number(const char* key);
  // As PythonValue::is_truthy sees it.
  [[nodiscard]] bool is_truthy(const char* key) const;
  // The object or the list there, also as a text that holds its JSON. Not set: absent, or something else.
  std::optional<nlohmann::ordered_json> structure(const char* key, bool list);

  void note(const char* key, const std::string& words);

 private:
  const nlohmann::ordered_json& object_;
  std::string& problem_;
};

}  // namespace tamada::patroni
