#include "common/json/json_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <vector>

#include "common/base/base64.h"
#include "common/base/bytes.h"

namespace tamada {

namespace {

using nlohmann::json;

// What a key that is given twice in one object means.
enum class EqualKeys { refused, last_counts };

// Builds the value from the parser's events. nlohmann's own builder would take the last of two equal keys and
// any depth.
template <class Json, EqualKeys equal_keys>
class Builder {
 public:
  Builder(std::string_view what, const JsonLimits& limits) : what_(what), limits_(limits) {}

  // The interface of nlohmann's SAX parser; false stops it.
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const json::string_t&) { return add(value); }
  bool string(json::string_t& value) { return add(std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(json::string_t& name) {
    if (equal_keys == EqualKeys::refused && open_.back()->contains(name)) {
      return stop(ErrorKind::invalid, fmt::format("\"{}\" is given twice in one object", printable(name)));
    }
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& last, const json::exception&) {
    return stop(ErrorKind::invalid,
                fmt::format("not JSON at byte {} (near \"{}\")", position, printable(last, 40)));
  }

  [[nodiscard]] Result<Json> finish(bool parsed) {
    if (error_) return tl::make_unexpected(std::move(*error_));
    if (!parsed) return fail(ErrorKind::invalid, what_ + ": not JSON");
    return std::move(root_);
  }

 private:
  bool stop(ErrorKind kind, const std::string& words) {
    error_ = Error{kind, fmt::format("{}: {}", what_, words)};
    return false;
  }

  Json* place(Json value) {
    if (++values_ > limits_.values) {
      stop(ErrorKind::too_large, fmt::format("more than {} values", limits_.values));
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  bool add(Json value) { return place(std::move(value)) != nullptr; }

  bool open(Json value) {
    if (open_.size() == limits_.depth) {
      return stop(ErrorKind::too_large, fmt::format("nested deeper than {} levels", limits_.depth));
    }
    Json* placed = place(std::move(value));
    if (placed == nullptr) return false;
    open_.push_back(placed);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string what_;
  JsonLimits limits_;
  Json root_;
  std::vector<Json*> open_;  // stable: a container does not grow while one of its elements is open
  std::string key_;
  std::size_t values_ = 0;
  std::optional<Error> error_;
};

template <class Json, EqualKeys equal_keys>
Result<Json> build(std::string_view what, std::string_view body, const JsonLimits& limits) {
  if (body.size() > limits.size) {
    return fail(ErrorKind::too_large,
                fmt::format("{}: {} bytes, expected at most {}", what, body.size(), limits.size));
  }
  if (body.empty()) return fail(ErrorKind::invalid, fmt::format("{}: the body is empty", what));
  Builder<Json, equal_keys> builder(what, limits);
  const bool parsed = json::sax_parse(body.begin(), body.end(), &builder);
  return builder.finish(parsed);
}

template <class Json>
std::string describe(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return value.template get<bool>() ? "true" : "false";
  if (value.is_number()) return "the number " + value.dump();
  if (value.is_string())
    return fmt::format("the text \"{}\"", printable(value.template get_ref<const std::string&>(), 40));
  return value.is_array() ? "a list" : "an object";
}

template <class Json>
Result<Json> build_object(std::string_view what, std::string_view body, const JsonLimits& limits) {
  auto value = build<Json, EqualKeys::refused>(what, body, limits);
  if (value && !value->is_object()) {
    return fail(ErrorKind::invalid,
                fmt::format("{}: found {}, expected a JSON object", what, describe(*value)));
  }
  return value;
}

}  // namespace

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7f;
  });
}

Result<json> parse_json_object(std::string_view what, std::string_view body, const JsonLimits& limits) {
  return build_object<json>(what, body, limits);
}

Result<nlohmann::ordered_json> parse_ordered_json_object(std::string_view what, std::string_view body,
                                                         const JsonLimits& limits) {
  return build_object<nlohmann::ordered_json>(what, body, limits);
}

Result<nlohmann::ordered_json> parse_json_in_order(std::string_view what, std::string_view body,
                                                   const JsonLimits& limits) {
  return build<nlohmann::ordered_json, EqualKeys::last_counts>(what, body, limits);
}

std::string describe_json(const json& value) {
  return describe(value);
}
std::string describe_json(const nlohmann::ordered_json& value) {
  return describe(value);
}

const json* JsonFields::any(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void JsonFields::refuse(std::string_view key, std::string_view words) {
  if (!error_) error_ = Error{ErrorKind::invalid, fmt::format("{}{}: {}", place_, printable(key), words)};
}

void JsonFields::refuse(std::string_view key, const json& found, std::string_view expected) {
  refuse(key, fmt::format("found {}, expected {}", describe_json(found), expected));
}

std::string JsonFields::checked_text(std::string_view key, const json& value, std::size_t most) {
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > most) {
    refuse(key, fmt::format("a text of {} bytes, expected at most {}", text.size(), most));
  } else if (has_control_character(text)) {
    refuse(key, value, "text without control characters");
  } else {
    return text;
  }
  return {};
}

std::string JsonFields::text_of(const char* key, std::size_t most) {
  const json* value = any(key);
  if (value == nullptr) return {};
  if (value->is_string()) return checked_text(key, *value, most);
  refuse(key, *value, "text");
  return {};
}

std::string JsonFields::required(const char* key, std::string found) {
  if (any(key) == nullptr) {
    refuse(key, "missing, expected text");
  } else if (found.empty()) {
    refuse(key, "empty, expected text");
  }
  return found;
}

std::string JsonFields::text(const char* key) {
  return text_of(key, json_text_max);
}
std::string JsonFields::name(const char* key) {
  return text_of(key, json_name_max);
}
std::string JsonFields::required_name(const char* key) {
  return required(key, name(key));
}

std::optional<std::uint64_t> JsonFields::number(const char* key, std::uint64_t most, std::uint64_t least) {
  const json* value = any(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number >= least && number <= most) return number;
  }
  refuse(key, *value, fmt::format("a whole number from {} to {}", least, most));
  return std::nullopt;
}

bool JsonFields::flag(const char* key) {
  const json* value = any(key);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  refuse(key, *value, "true or false");
  return false;
}

template <class Int>
Int JsonFields::number_of_64_bits(const char* key) {
  const json* value = any(key);
  if (value == nullptr) return 0;
  // A JSON number is written out again: from_chars() then judges its range.
  const std::string text = value->is_string()           ? value->get<std::string>()
                           : value->is_number_integer() ? value->dump()
                                                        : std::string();
  Int number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stop == end) return number;
  refuse(key, *value, "a whole number of 64 bits");
  return 0;
}

std::int64_t JsonFields::signed_number(const char* key) {
  return number_of_64_bits<std::int64_t>(key);
}
std::uint64_t JsonFields::unsigned_number(const char* key) {
  return number_of_64_bits<std::uint64_t>(key);
}

std::string JsonFields::raw_text(const char* key) {
  const json* value = any(key);
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  refuse(key, *value, "text");
  return {};
}

std::string JsonFields::bytes(const char* key) {
  auto decoded = base64_decode(raw_text(key));
  if (decoded) return std::move(*decoded);
  refuse(key, *any(key), "base64");
  return {};
}

const json* JsonFields::object(const char* key) {
  const json* value = any(key);
  if (value == nullptr || value->is_object()) return value;
  refuse(key, *value, "an object");
  return nullptr;
}

const json* JsonFields::list(const char* key) {
  const json* value = any(key);
  if (value == nullptr || value->is_array()) return value;
  refuse(key, *value, "a list");
  return nullptr;
}

void JsonFields::each_object(const char* key, const std::function<void(JsonFields)>& read) {
  const json* all = list(key);
  if (all == nullptr) return;
  for (std::size_t i = 0; i < all->size() && !error_; ++i) {
    const std::string place = fmt::format("{}[{}]", key, i);
    if (!(*all)[i].is_object()) return refuse(place, (*all)[i], "an object");
    read({(*all)[i], place_ + place + ".", error_});
  }
}

}  // namespace tamada
