#include "common/http/auth/same_site.h"

#include <catch2/catch.hpp>

namespace tamada::http {
namespace {

bool may_change(const http::Headers& headers) {
  http::Request request;
  request.method = "POST";
  request.headers = headers;
  return !foreign_site(request).has_value();
}

TEST_CASE("only our own pages and programs that are no browsers may change something", "[same_site]") {
  const http::Header host{"Host", "router:7000"};
  CHECK(may_change({host}));  // curl
  CHECK(may_change({host, {"Origin", "http://router:7000"}}));
  CHECK(may_change({host, {"Origin", "http://ROUTER:7000"}}));
  CHECK(may_change({host, {"Referer", "http://router:7000/?x=1"}}));
  CHECK(may_change({host, {"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://router:7000"}}));
  CHECK(may_change({host, {"Sec-Fetch-Site", "none"}}));

  CHECK_FALSE(may_change({host, {"Origin", "http://evil.example"}}));
  CHECK_FALSE(may_change({host, {"Origin", "http://router:7001"}}));
  CHECK_FALSE(may_change({host, {"Origin", "http://router:7000.evil.example"}}));
  CHECK_FALSE(may_change({host, {"Origin", "http://evil.example/router:7000"}}));
  CHECK_FALSE(may_change({host, {"Origin", "null"}}));
  CHECK_FALSE(may_change({host, {"Origin", ""}}));
  CHECK_FALSE(may_change({host, {"Referer", "http://evil.example/?http://router:7000/"}}));
  CHECK_FALSE(may_change({host, {"Sec-Fetch-Site", "cross-site"}}));
  CHECK_FALSE(may_change({host, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://router:7000"}}));
  CHECK_FALSE(
      may_change({{"Origin", "http://router:7000"}}));  // HTTP/1.0 without Host: nothing to compare with
}

}  // namespace
}  // namespace tamada::http
