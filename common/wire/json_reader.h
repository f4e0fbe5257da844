// Reading JSON from somebody who may be broken or hostile: bounded, without exceptions, with errors that name
// the key. For common/wire and for whoever else is sent JSON that changes something.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/wire/patroni_tags.h"

namespace tamada::wire {

inline constexpr std::size_t json_size_max = 1 << 20;
inline constexpr std::size_t json_values_max = 50'000;
inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t json_text_max = 1024;
inline constexpr std::size_t json_tags_max = 100;

// One whole JSON object. `what` begins every error ("node status"). Refuses other values, a key given twice
// in one object, and what passes the limits above. The parser and the value's destructor do not recurse.
// What the error quotes of the body is at most 40 bytes around the fault.
[[nodiscard]] Result<nlohmann::json> parse_json_object(std::string_view what, std::string_view body);

// One value for an error message: `the number 7`, `the text "x"`, `a list`, `null`.
[[nodiscard]] std::string describe_json(const nlohmann::json& value);

// Takes known keys out of one JSON object. The first wrong one is remembered as the error of the whole
// document; from then on every further answer is worth nothing. null is absent. Lives as long as `object` and
// `error` do.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::string place, std::optional<Error>& error)
      : object_(object), place_(std::move(place)), error_(error) {}

  // At most json_text_max bytes without control characters, so that it may stand in a log line.
  std::string text(const char* key);           // empty if absent
  std::string required_text(const char* key);  // absent or empty: an error
  // The same of at most name_max bytes: names, states, roles, versions, which are shown again and again.
  std::string name(const char* key);
  std::string required_name(const char* key);
  // A whole number from 0 (or `least`) to `most`.
  std::optional<std::uint64_t> number(const char* key, std::uint64_t most, std::uint64_t least = 0);
  template <class Int>
  std::optional<Int> number_as(const char* key);
  bool flag(const char* key);  // false if absent
  // At most json_tags_max, of at most name_max bytes each, name and value.
  PatroniTags tags(const char* key);

  // nullptr if absent.
  const nlohmann::json* object(const char* key);
  const nlohmann::json* list(const char* key);
  const nlohmann::json* any(const char* key) const;

  // Remembers: PLACE.KEY: found WHAT, expected EXPECTED.
  void refuse(std::string_view key, const nlohmann::json& found, std::string_view expected);
  void refuse(std::string_view key, std::string_view words);
  [[nodiscard]] const std::string& place() const { return place_; }

 private:
  std::string checked_text(std::string_view key, const nlohmann::json& value, std::size_t most);
  std::string text_of(const char* key, std::size_t most);
  std::string required(const char* key, std::string found);

  const nlohmann::json& object_;
  std::string place_;  // "node status: " or "cluster: members[2]."
  std::optional<Error>& error_;
};

template <class Int>
std::optional<Int> JsonFields::number_as(const char* key) {
  const auto value = number(key, static_cast<std::uint64_t>(std::numeric_limits<Int>::max()));
  if (!value) return std::nullopt;
  return static_cast<Int>(*value);
}

}  // namespace tamada::wire
