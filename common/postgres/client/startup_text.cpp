#include "common/postgres/client/startup_text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace tamada::postgres {

namespace {

constexpr std::string_view before_code = ":  ";
constexpr std::string_view after_code = ": ";
constexpr std::size_t code_size = 5;

bool is_code(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

bool ends_with_failure(std::string_view line, int code) {
  const std::string end = std::string(" failed: ") + strerrordesc_np(code);
  return line.rfind("connection to server ", 0) == 0 && line.size() >= end.size() &&
         line.substr(line.size() - end.size()) == end;
}

}  // namespace

ErrorResponse read_startup_text(std::string_view text) {
  for (std::size_t at = text.find(before_code); at != std::string_view::npos;
       at = text.find(before_code, at + 1)) {
    const std::string_view rest = text.substr(at + before_code.size());
    if (rest.size() < code_size + after_code.size()) break;
    const std::string_view code = rest.substr(0, code_size);
    if (!is_code(code) || rest.substr(code_size, after_code.size()) != after_code) continue;
    ErrorResponse error;
    error.sqlstate = std::string(code);
    const std::string_view words = rest.substr(code_size + after_code.size());
    error.message = std::string(words.substr(0, words.find('\n')));
    return error;
  }
  return {};
}

bool is_refusal(std::string_view text) {
  bool is_refused = false;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (line.empty() || line.front() == '\t') continue;
    if (!ends_with_failure(line, ECONNREFUSED) && !ends_with_failure(line, ENOENT)) return false;
    is_refused = true;
  }
  return is_refused;
}

}  // namespace tamada::postgres
