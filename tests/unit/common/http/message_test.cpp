#include "common/http/message.h"

#include <catch2/catch.hpp>

using namespace tamada::http;

TEST_CASE("a request becomes the bytes that RFC 9112 describes", "[message]") {
  Request request;
  request.path = "/replica";
  request.query = "lag=1MB";
  request.headers.add("Accept", "application/json");
  CHECK(request_bytes(request, "pg1:8008", false) ==
        "GET /replica?lag=1MB HTTP/1.1\r\nHost: pg1:8008\r\nConnection: close\r\n"
        "Accept: application/json\r\n\r\n");
}

TEST_CASE("a request that takes content says how long it is, also when there is none", "[message]") {
  Request request;
  request.method = "POST";
  request.path = "/v3/kv/range";
  CHECK(request_bytes(request, "e", true) ==
        "POST /v3/kv/range HTTP/1.1\r\nHost: e\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
  request.body = "{}";
  CHECK(request_bytes(request, "e", true) ==
        "POST /v3/kv/range HTTP/1.1\r\nHost: e\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}");
}

TEST_CASE("a response head and its chunks become bytes", "[message]") {
  CHECK(response_head(503, {{"A", "b"}}) == "HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n");
  CHECK(chunk_bytes("hello, tamada 12") == "10\r\nhello, tamada 12\r\n");
}

TEST_CASE("text that would start a line of its own is not safe in a header", "[message]") {
  CHECK(is_header_safe("plain text\twith a tab, \xc3\xa9"));
  CHECK_FALSE(is_header_safe("a\r\nInjected: yes"));
  CHECK_FALSE(is_header_safe("a\nb"));
  CHECK_FALSE(is_header_safe(std::string("a\0b", 3)));
}

TEST_CASE("basic credentials are those of RFC 7617", "[message]") {
  CHECK(basic_credentials("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}
