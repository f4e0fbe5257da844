#include "agent/api/requests/python_value.h"

#include <algorithm>
#include <string_view>

namespace tamada::agent {
namespace {

// repr() of a text: in single quotes, but where only those are in it.
std::string quoted(const std::string& text) {
  const bool has_single = text.find('\'') != std::string::npos;
  const char quote = has_single && text.find('"') == std::string::npos ? '"' : '\'';
  std::string result(1, quote);
  for (const char letter : text) {
    if (letter == quote || letter == '\\') result += '\\';
    if (letter == '\n') {
      result += "\\n";
    } else {
      result += letter;
    }
  }
  return result + quote;
}

std::string representation(const JsonBody& value) {
  return value.is_string() ? quoted(value.get_ref<const std::string&>()) : python_text(value);
}

std::string scalar_text(const JsonBody& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

}  // namespace

// Recursion ends with the depth that read_body() allows.
std::string python_text(const JsonBody& value) {  // NOLINT(misc-no-recursion)
  if (!value.is_structured()) return scalar_text(value);
  std::string text(1, value.is_array() ? '[' : '{');
  for (auto item = value.begin(); item != value.end(); ++item) {
    if (item != value.begin()) text += ", ";
    if (value.is_object()) text += quoted(item.key()) + ": ";
    text += representation(*item);
  }
  return text + (value.is_array() ? ']' : '}');
}

bool python_truth(const JsonBody& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

std::optional<bool> python_switch(const JsonBody& value) {
  std::string text = python_text(value);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
  };
  if (is_one_of({"on", "true", "yes", "1"})) return true;
  if (is_one_of({"off", "false", "no", "0"})) return false;
  return std::nullopt;
}

}  // namespace tamada::agent
