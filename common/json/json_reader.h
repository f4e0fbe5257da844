// Reading JSON from somebody who may be broken or hostile: bounded, without exceptions, with errors that name
// the key.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace tamada {

struct JsonLimits {
  std::size_t size = 1 << 20;  // bytes
  std::size_t values = 50'000;
  std::size_t depth = 32;
};
inline constexpr std::size_t json_text_max = 1024;
// Of names, states, roles, versions, which are shown again and again.
inline constexpr std::size_t json_name_max = 255;

// One whole JSON object. `what` begins every error ("node status"). Refuses other values, a key given twice
// in one object, and what passes the limits. The parser and the value's destructor do not recurse.
// What the error quotes of the body is at most 40 bytes around the fault.
[[nodiscard]] Result<nlohmann::json> parse_json_object(std::string_view what, std::string_view body,
                                                       const JsonLimits& limits = {});

// The same, with the keys in the order of the text. A key of such an object is looked for one by one, so it has
// fewer of them.
inline constexpr JsonLimits ordered_json_limits{.values = 10'000};
[[nodiscard]] Result<nlohmann::ordered_json> parse_ordered_json_object(
    std::string_view what, std::string_view body, const JsonLimits& limits = ordered_json_limits);

// Any one JSON value as Python's json module reads it: members stay in their order, and of a key that is given
// twice the last value counts. The same limits and errors; finding a member costs as much as there are members.
[[nodiscard]] Result<nlohmann::ordered_json> parse_json_in_order(std::string_view what, std::string_view body,
                                                                 const JsonLimits& limits = {});

// One value for an error message: `the number 7`, `the text "x"`, `a list`, `null`.
[[nodiscard]] std::string describe_json(const nlohmann::json& value);
[[nodiscard]] std::string describe_json(const nlohmann::ordered_json& value);

// Bytes below 32 or 127.
[[nodiscard]] bool has_control_character(std::string_view text);

// Takes known keys out of one JSON object. The first wrong one is remembered as the error of the whole
// document; from then on every further answer is worth nothing. null is absent. Lives as long as `object` and
// `error` do.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::string place, std::optional<Error>& error)
      : object_(object), place_(std::move(place)), error_(error) {}

  // At most json_text_max bytes without control characters, so that it may stand in a log line.
  std::string text(const char* key);  // empty if absent
  // The same of at most json_name_max bytes.
  std::string name(const char* key);
  std::string required_name(const char* key);  // absent or empty: an error
  // A whole number from 0 (or `least`) to `most`.
  std::optional<std::uint64_t> number(const char* key, std::uint64_t most, std::uint64_t least = 0);
  template <class Int>
  std::optional<Int> number_as(const char* key);
  bool flag(const char* key);  // false if absent

  // As protobuf's JSON mapping writes them, which leaves out what is 0 or empty: whole numbers of 64 bits as
  // a text or a number, bytes as base64. 0 or empty if absent; bytes and raw texts have no limit of their
  // own.
  std::int64_t signed_number(const char* key);
  std::uint64_t unsigned_number(const char* key);
  std::string bytes(const char* key);
  std::string raw_text(const char* key);

  // nullptr if absent.
  const nlohmann::json* object(const char* key);
  const nlohmann::json* list(const char* key);
  const nlohmann::json* any(const char* key) const;
  // The fields of each object in the list; anything else in it is an error. Nothing if the list is absent.
  void each_object(const char* key, const std::function<void(JsonFields)>& read);

  // Remembers: PLACE.KEY: found WHAT, expected EXPECTED.
  void refuse(std::string_view key, const nlohmann::json& found, std::string_view expected);
  void refuse(std::string_view key, std::string_view words);
  [[nodiscard]] const std::string& place() const { return place_; }
  // The same for `object`, which stands here under this key.
  [[nodiscard]] JsonFields inside(const char* key, const nlohmann::json& object) const {
    return {object, place_ + key + ".", error_};
  }

 private:
  template <class Int>
  Int number_of_64_bits(const char* key);
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

}  // namespace tamada
