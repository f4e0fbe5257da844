#include "common/http/kept_response.h"

#include <catch2/catch.hpp>

namespace tamada::http {
namespace {

TEST_CASE("a kept answer is the bytes of each end that it may have", "[kept_response]") {
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body = "hello\n";
  const KeptResponse kept(response);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n";
  CHECK(kept.status() == 200);
  CHECK(kept.body() == "hello\n");
  CHECK(kept.bytes() == head + "Connection: keep-alive\r\n\r\nhello\n");
  CHECK(kept.bytes(true, true) == kept.bytes());
  CHECK(kept.bytes(false, true) == head + "Connection: close\r\n\r\nhello\n");
  // HEAD: the length of what GET would give.
  CHECK(kept.bytes(true, false) == head + "Connection: keep-alive\r\n\r\n");
}

TEST_CASE("an answer that may have no body has no length either", "[kept_response]") {
  Response response;
  response.status = 304;
  response.body = "must not be sent";
  CHECK(KeptResponse(response).bytes() == "HTTP/1.1 304 Not Modified\r\nConnection: keep-alive\r\n\r\n");
  response.status = 500;
  response.body.clear();
  CHECK(KeptResponse(response).bytes(false, true) ==
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace tamada::http
