#include "router/api/rendered.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

Rendered::Answer answer(const std::string& text) {
  http::Response response;
  response.body = text;
  return std::make_shared<const http::KeptResponse>(response);
}

TEST_CASE("an answer is kept for its snapshot alone", "[rendered]") {
  Rendered rendered;
  StatsSnapshot first;
  first.number = 1;
  CHECK(rendered.find("/;csv", first) == nullptr);
  rendered.keep("/;csv", first, answer("of 1"));
  REQUIRE(rendered.find("/;csv", first) != nullptr);
  CHECK(rendered.find("/;csv", first)->body() == "of 1");
  CHECK(rendered.find("/;csv;up", first) == nullptr);

  StatsSnapshot second;
  second.number = 2;
  CHECK(rendered.find("/;csv", second) == nullptr);
  rendered.keep("/metrics", second, answer("of 2"));
  CHECK(rendered.find("/;csv", second) == nullptr);
  CHECK(rendered.find("/metrics", second)->body() == "of 2");
  CHECK(rendered.find("/metrics", first) == nullptr);
  rendered.clear();
  CHECK(rendered.find("/metrics", second) == nullptr);
}

TEST_CASE("a flood of targets fills no memory, and what is kept stays", "[rendered]") {
  Rendered rendered;
  StatsSnapshot snapshot;
  snapshot.number = 1;
  for (int i = 0; i < 1000; ++i) rendered.keep("/;csv;scope=" + std::to_string(i), snapshot, answer("x"));
  CHECK(rendered.find("/;csv;scope=0", snapshot) != nullptr);
  CHECK(rendered.find("/;csv;scope=999", snapshot) == nullptr);
}

}  // namespace
}  // namespace tamada::router
