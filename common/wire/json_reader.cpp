#include "common/wire/json_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

#include "common/wire/bytes.h"

namespace tamada::wire {

namespace {

using nlohmann::json;

// Builds the value from the parser's events. nlohmann's own builder would take the last of two equal keys and
// any depth.
class Builder {
 public:
  explicit Builder(std::string_view what) : what_(what) {}

  // The interface of nlohmann's SAX parser; false stops it.
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const json::string_t&) { return add(value); }
  bool string(json::string_t& value) { return add(std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(json::string_t& name) {
    if (open_.back()->contains(name)) {
      return stop(ErrorKind::invalid, fmt::format("\"{}\" is given twice in one object", printable(name)));
    }
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& last, const json::exception&) {
    return stop(ErrorKind::invalid,
                fmt::format("not JSON at byte {} (near \"{}\")", position, printable(last, 40)));
  }

  [[nodiscard]] Result<json> finish(bool parsed) {
    if (error_) return tl::make_unexpected(std::move(*error_));
    if (!parsed) return fail(ErrorKind::invalid, what_ + ": not JSON");
    if (!root_.is_object()) {
      return fail(ErrorKind::invalid,
                  fmt::format("{}: found {}, expected a JSON object", what_, describe_json(root_)));
    }
    return std::move(root_);
  }

 private:
  bool stop(ErrorKind kind, const std::string& words) {
    error_ = Error{kind, fmt::format("{}: {}", what_, words)};
    return false;
  }

  json* place(json value) {
    if (++values_ > json_values_max) {
      stop(ErrorKind::too_large, fmt::format("more than {} values", json_values_max));
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  bool add(json value) { return place(std::move(value)) != nullptr; }

  bool open(json value) {
    if (open_.size() == json_depth_max) {
      return stop(ErrorKind::too_large, fmt::format("nested deeper than {} levels", json_depth_max));
    }
    json* placed = place(std::move(value));
    if (placed == nullptr) return false;
    open_.push_back(placed);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string what_;
  json root_;
  std::vector<json*> open_;  // stable: a container does not grow while one of its elements is open
  std::string key_;
  std::size_t values_ = 0;
  std::optional<Error> error_;
};

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7f;
  });
}

// Python's bool(): what Patroni makes of a tag.
bool is_truthy(const json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

}  // namespace

Result<json> parse_json_object(std::string_view what, std::string_view body) {
  if (body.size() > json_size_max) {
    return fail(ErrorKind::too_large,
                fmt::format("{}: {} bytes, expected at most {}", what, body.size(), json_size_max));
  }
  if (body.empty()) return fail(ErrorKind::invalid, fmt::format("{}: the body is empty", what));
  Builder builder(what);
  const bool parsed = json::sax_parse(body.begin(), body.end(), &builder);
  return builder.finish(parsed);
}

std::string describe_json(const json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return "the number " + value.dump();
  if (value.is_string())
    return fmt::format("the text \"{}\"", printable(value.get_ref<const std::string&>(), 40));
  return value.is_array() ? "a list" : "an object";
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
std::string JsonFields::required_text(const char* key) {
  return required(key, text(key));
}
std::string JsonFields::name(const char* key) {
  return text_of(key, name_max);
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

PatroniTags JsonFields::tags(const char* key) {
  PatroniTags result;
  const json* source = object(key);
  if (source == nullptr) return result;
  if (source->size() > json_tags_max) {
    refuse(key, fmt::format("{} tags, expected at most {}", source->size(), json_tags_max));
    return result;
  }
  for (const auto& [name, value] : source->items()) {
    const std::string full = fmt::format("{}.{}", key, name);
    if (has_control_character(name) || name.size() > name_max) refuse(full, "not a usable name of a tag");
    if (value.is_string()) result.values[name] = checked_text(full, value, name_max);
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

}  // namespace tamada::wire
