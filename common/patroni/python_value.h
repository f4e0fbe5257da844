// PythonValue: one JSON value as Patroni holds it, which reads JSON into Python's own types and compares and prints
// those (patroni/utils.py: parse_int, parse_bool; Python's str and bool). Pure.
//
// A whole number beyond 64 bits becomes a floating-point number. Lists and objects are kept as their JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tamada::patroni {

class PythonValue {
 public:
  // A list or an object.
  struct Nested {
    std::string json;
    bool is_empty = true;
    bool operator==(const Nested&) const = default;
  };

  PythonValue() = default;  // None, JSON's null
  // Values are written as what they are: {"nofailover", true}.
  // NOLINTBEGIN(google-explicit-constructor)
  PythonValue(bool value) : held_(value) {}
  PythonValue(int value) : held_(std::int64_t{value}) {}
  PythonValue(std::int64_t value) : held_(value) {}
  PythonValue(double value) : held_(value) {}
  PythonValue(std::string value) : held_(std::move(value)) {}
  PythonValue(const char* value) : held_(std::string(value)) {}
  // NOLINTEND(google-explicit-constructor)
  explicit PythonValue(Nested value) : held_(std::move(value)) {}

  // str(): "True", "None", "1.0", a text as it is; a list or an object as its JSON.
  [[nodiscard]] std::string text() const;
  // As Patroni compares a tag with what a query names: a text as it is, anything else in lower case ("true").
  [[nodiscard]] std::string query_text() const;
  // bool(): not None, False, 0, or empty. The text "false" is true.
  [[nodiscard]] bool is_truthy() const;
  // parse_int(): the whole number in a number or a text ("0x10", "010", "1e3", rounded half to even); not set: there
  // is none, a unit stands behind it, or it does not fit.
  [[nodiscard]] std::optional<std::int64_t> as_int() const;
  // parse_bool(): on, true, yes, 1 and their opposites, in any case.
  [[nodiscard]] std::optional<bool> as_bool() const;

  [[nodiscard]] bool is_none() const { return std::holds_alternative<std::monostate>(held_); }
  // nullptr: it is no text.
  [[nodiscard]] const std::string* as_text() const { return std::get_if<std::string>(&held_); }
  [[nodiscard]] bool is_nested() const { return std::holds_alternative<Nested>(held_); }

  [[nodiscard]] static PythonValue of(const nlohmann::ordered_json& json);
  [[nodiscard]] nlohmann::ordered_json to_json() const;

  // Types count: 1, 1.0, true and "1" are four values.
  bool operator==(const PythonValue&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Nested> held_;
};

// An object with scalars, in the order of its members.
using PythonDict = std::vector<std::pair<std::string, PythonValue>>;

// nullptr: there is none.
[[nodiscard]] const PythonValue* find_value(const PythonDict& dict, std::string_view key);

// json.dumps(value, separators=(',', ':')): no blanks, and what is beyond ASCII as \u and four hexadecimal digits.
[[nodiscard]] std::string compact_json(const nlohmann::ordered_json& value);

}  // namespace tamada::patroni
