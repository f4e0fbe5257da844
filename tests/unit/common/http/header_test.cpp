#include "common/http/header.h"

#include <catch2/catch.hpp>

using namespace tamada::http;

TEST_CASE("a header is found whatever the case of its name", "[headers]") {
  const Headers headers{{"Content-Type", "text/plain"}, {"X-A", "1"}, {"x-a", "2"}};
  CHECK(headers.find("content-TYPE") == "text/plain");
  CHECK(headers.find("x-A") == "1");
  CHECK(headers.count("X-a") == 2);
  CHECK_FALSE(headers.find("content"));
  CHECK_FALSE(headers.has("X-B"));
}

TEST_CASE("a word is found in a list with commas, and only a whole one", "[headers]") {
  const Headers headers{{"Connection", "foo, Keep-Alive ,bar"}, {"connection", "upgrade"}};
  CHECK(headers.lists("Connection", "keep-alive"));
  CHECK(headers.lists("Connection", "bar"));
  CHECK(headers.lists("Connection", "Upgrade"));
  CHECK_FALSE(headers.lists("Connection", "keep"));
  CHECK_FALSE(headers.lists("Accept", "foo"));
}
