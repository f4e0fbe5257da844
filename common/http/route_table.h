// RouteTable: one table of what a server offers: methods, path and whatever belongs to it (a handler, who may
// ask, which keys it takes). The same table says what is not there (404), what may be asked instead (405 with
// Allow), and what OPTIONS tells. Pure; a value that many requests read.
//
//   const RouteTable<Handler> table{{{"GET, HEAD", "/nodes/*/state", show}, {"PUT", "/nodes/*/state", set}}};
//   const auto match = table.find(request.method, request.path);
//   if (match.value == nullptr) return answer(match.status(), match.allow);
//
// A path is made of parts: words, or "*" for one part that is not empty; "**" at the end stands for all that
// remains, also nothing. The first route whose path and method fit wins. Nothing is decoded before it is
// compared, so that an encoded slash does not end a part; what stood for a star is handed on as it was sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tamada::http {

// What stands for the stars, in their order; none: the path is another one. Valid as long as `path`.
[[nodiscard]] std::optional<std::vector<std::string_view>> path_fits(std::string_view pattern,
                                                                     std::string_view path);

// Of methods with commas between, as Allow lists them. Methods tell upper and lower case apart (RFC
// 9110, 9.1).
[[nodiscard]] bool lists_method(std::string_view methods, std::string_view method);
// Appends those of `more` that `methods` does not list yet.
void add_methods(std::string& methods, std::string_view more);

template <class Value>
class RouteTable {
 public:
  struct Route {
    std::string methods;  // "GET, HEAD"
    std::string path;     // "/nodes/*/state"
    Value value;
  };
  struct Match {
    const Value* value = nullptr;         // null: no route; valid as long as the table
    std::vector<std::string_view> stars;  // valid as long as the path that was asked for
    std::string allow;                    // every method of this path; empty: there is no such path

    // What is to be answered where there is no value: 404, or 405 with `allow`.
    [[nodiscard]] int status() const { return value != nullptr ? 200 : allow.empty() ? 404 : 405; }
  };

  explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

  [[nodiscard]] Match find(std::string_view method, std::string_view path) const {
    Match match;
    for (const Route& route : routes_) {
      auto stars = path_fits(route.path, path);
      if (!stars) continue;
      add_methods(match.allow, route.methods);
      if (match.value != nullptr || !lists_method(route.methods, method)) continue;
      match.value = &route.value;
      match.stars = *std::move(stars);
    }
    return match;
  }

  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  const std::vector<Route> routes_;
};

}  // namespace tamada::http
