// JsonWriter: writes one JSON object or list as text, in the order in which its parts are given, and takes parts that are
// JSON already as they stand. (A tree of values would be built and thrown away for each of many thousand answers a second.)
//
// The caller opens and closes in pairs; commas and quotes come by themselves.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tamada::agent {

class JsonWriter {
 public:
  JsonWriter& open_object();
  JsonWriter& close_object();
  JsonWriter& open_list();
  JsonWriter& close_list();
  // In an object, before each value.
  JsonWriter& key(std::string_view name);

  JsonWriter& text(std::string_view value);  // what is not UTF-8 becomes the replacement character
  JsonWriter& number(std::integral auto value) { return raw(std::to_string(value)); }
  JsonWriter& flag(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  // `json`: one whole JSON value.
  JsonWriter& raw(std::string_view json);

  // A number, or null where there is none.
  template <std::integral Number>
  JsonWriter& number_or_null(const std::optional<Number>& value) {
    return value ? number(*value) : null();
  }
  JsonWriter& text_or_null(const std::optional<std::string>& value) { return value ? text(*value) : null(); }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void separate();

  std::string out_;
  bool first_ = true;  // nothing stands yet in what was opened last
  bool after_key_ = false;
};

}  // namespace tamada::agent
