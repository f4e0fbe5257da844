#include "common/http/route_table.h"

#include <algorithm>

namespace tamada::http {
namespace {

// Takes the part behind the slash that `path` begins with. False: there is none.
bool take_part(std::string_view& path, std::string_view& part) {
  if (path.empty() || path.front() != '/') return false;
  path.remove_prefix(1);
  part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return true;
}

// Takes the first method of a list.
std::string_view take_method(std::string_view& methods) {
  const std::size_t begin = std::min(methods.find_first_not_of(", "), methods.size());
  methods.remove_prefix(begin);
  const std::string_view method = methods.substr(0, methods.find_first_of(", "));
  methods.remove_prefix(method.size());
  return method;
}

}  // namespace

std::optional<std::vector<std::string_view>> path_fits(std::string_view pattern, std::string_view path) {
  std::vector<std::string_view> stars;
  std::string_view expected;
  std::string_view part;
  while (take_part(pattern, expected)) {
    if (expected == "**" && pattern.empty()) {
      if (!path.empty() && path.front() != '/') return std::nullopt;
      stars.push_back(path.empty() ? path : path.substr(1));
      return stars;
    }
    if (!take_part(path, part)) return std::nullopt;
    if (expected == "*") {
      if (part.empty()) return std::nullopt;
      stars.push_back(part);
    } else if (expected != part) {
      return std::nullopt;
    }
  }
  if (!path.empty()) return std::nullopt;
  return stars;
}

bool lists_method(std::string_view methods, std::string_view method) {
  while (true) {
    const std::string_view one = take_method(methods);
    if (one.empty()) return false;
    if (one == method) return true;
  }
}

void add_methods(std::string& methods, std::string_view more) {
  while (true) {
    const std::string_view one = take_method(more);
    if (one.empty()) return;
    if (lists_method(methods, one)) continue;
    if (!methods.empty()) methods += ", ";
    methods += one;
  }
}

}  // namespace tamada::http
