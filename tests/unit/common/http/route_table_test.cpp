#include "common/http/route_table.h"

#include <catch2/catch.hpp>

using namespace tamada::http;

namespace {

using Table = RouteTable<int>;

const Table& table() {
  static const Table one{{{"GET, HEAD", "/", 1},
                          {"GET", "/nodes/*/state", 2},
                          {"PUT", "/nodes/*/state", 3},
                          {"GET", "/nodes/first/state", 4},
                          {"DELETE", "/nodes/*/sessions/*", 5},
                          {"GET", "/files/**", 6}}};
  return one;
}

int found(std::string_view method, std::string_view path) {
  const auto match = table().find(method, path);
  return match.value == nullptr ? -match.status() : *match.value;
}

}  // namespace

TEST_CASE("a route is found by method and path", "[route_table]") {
  CHECK(found("GET", "/") == 1);
  CHECK(found("HEAD", "/") == 1);
  CHECK(found("GET", "/nodes/pg1/state") == 2);
  CHECK(found("PUT", "/nodes/pg1/state") == 3);
  CHECK(found("GET", "/nodes/first/state") == 2);  // the first that fits
  CHECK(found("DELETE", "/nodes/pg1/sessions/7") == 5);
}

TEST_CASE("what stands for the stars is handed on as it was sent", "[route_table]") {
  using Stars = std::vector<std::string_view>;
  CHECK(table().find("GET", "/").stars.empty());
  CHECK(table().find("DELETE", "/nodes/pg%2F1/sessions/7").stars == Stars{"pg%2F1", "7"});
  CHECK(table().find("GET", "/files/a/b//c").stars == Stars{"a/b//c"});
  CHECK(table().find("GET", "/files/").stars == Stars{""});
  CHECK(table().find("GET", "/files").stars == Stars{""});
}

TEST_CASE("a path that is not there is told apart from a method that it does not take", "[route_table]") {
  for (const char* path :
       {"", "*", "nodes", "/nodes", "/nodes/", "/nodes//state", "/nodes/pg1/state/", "/nodes/pg1/state/x",
        "/Nodes/pg1/state", "//", "/filesystem", "x/nodes/pg1/state"}) {
    INFO(path);
    CHECK(found("GET", path) == -404);
    CHECK(table().find("GET", path).allow.empty());
  }
  CHECK(found("POST", "/nodes/first/state") == -405);
  CHECK(found("get", "/") == -405);
  CHECK(found("", "/") == -405);
  CHECK(table().find("POST", "/").allow == "GET, HEAD");
}

TEST_CASE("Allow lists every method of the path once, whether one fits or not", "[route_table]") {
  CHECK(table().find("POST", "/nodes/first/state").allow == "GET, PUT");
  CHECK(table().find("GET", "/nodes/first/state").allow == "GET, PUT");
  CHECK(table().find("OPTIONS", "/files/x").allow == "GET");
}

TEST_CASE("a method is no part of another", "[route_table]") {
  CHECK(lists_method("GET,HEAD", "HEAD"));
  CHECK_FALSE(lists_method("GET, HEAD", "EA"));
  CHECK_FALSE(lists_method("GET, HEAD", ""));
  CHECK_FALSE(lists_method("", "GET"));
}
