#include "common/http/response_parser.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::http;

namespace {

MessageLimits small_limits() {
  return {.max_header = 256, .max_body = 32, .max_fields = 5};
}

// The answer to `bytes` and then FIN.
Result<Response> answer_of(std::string_view bytes, bool to_head = false) {
  ResponseParser parser(small_limits(), {.to_head = to_head});
  (void)parser.feed(bytes);
  parser.finish();
  if (parser.progress() == Progress::failed) return tl::make_unexpected(parser.error());
  REQUIRE(parser.progress() == Progress::complete);
  return parser.take();
}

}  // namespace

TEST_CASE("an answer is read the same however it is cut", "[response_parser]") {
  const std::string answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
      "HTTP/1.0 200 OK\r\nA: b\r\n\r\nhello",
      "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nhello",
  };
  for (const std::string& bytes : answers) {
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      INFO(bytes << "\ncut at " << cut);
      ResponseParser parser(small_limits(), {});
      (void)parser.feed(std::string_view(bytes).substr(0, cut));
      (void)parser.feed(std::string_view(bytes).substr(cut));
      parser.finish();
      REQUIRE(parser.progress() == Progress::complete);
      const Response response = parser.take();
      CHECK(response.status == 200);
      CHECK(response.reason == "OK");
      CHECK(response.body == "hello");
      CHECK(response.headers.find("A") == "b");
      CHECK_FALSE(response.headers.has("X"));
    }
  }
}

TEST_CASE("Patroni's shortest answer is complete when the connection ends", "[response_parser]") {
  const Response response = answer_of("HTTP/1.0 200 OK\r\n\r\n").value();
  CHECK(response.status == 200);
  CHECK(response.headers.size() == 0);
  CHECK(response.body.empty());
  CHECK_FALSE(response.keep_alive);
}

TEST_CASE("the answer to HEAD has no body, whatever its headers say", "[response_parser]") {
  ResponseParser parser(small_limits(), {.to_head = true});
  parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
  REQUIRE(parser.progress() == Progress::complete);
  CHECK(parser.take().body.empty());
  CHECK(answer_of("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").value().status == 204);
}

TEST_CASE("an answer that ends too early says where", "[response_parser]") {
  const auto words = [](std::string_view bytes) {
    const Error error = answer_of(bytes).error();
    CHECK(error.kind == ErrorKind::closed);
    return error.message;
  };
  CHECK(words("") == "the server closed the connection without an answer");
  CHECK(words("HTTP/1.1 20") == "the answer ended inside its headers");
  CHECK(words("HTTP/1.1 200 OK\r\nA: b\r\n") == "the answer ended inside its headers");
  CHECK(words("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") == "the body ended after 3 of 10 bytes");
  CHECK(words("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n") ==
        "the chunked body ended after 3 bytes without its last chunk");
  CHECK(words("HTTP/1.1 100 Continue\r\n\r\n") == "the server closed the connection without an answer");
}

TEST_CASE("an answer that is none is refused", "[response_parser]") {
  for (const char* bytes :
       {"garbage", "HTTP/1.1 abc OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "{\"state\": \"running\"}",
        "HTTP/1.1 200 OK\nA: b\n\nhello", "HTTP/1.1 99 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 101 Switching\r\n\r\n"}) {
    INFO(bytes);
    auto answer = answer_of(bytes);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("an answer beyond a limit is refused", "[response_parser]") {
  const auto too_large = [](std::string_view bytes) {
    const Error error = answer_of(bytes).error();
    CHECK(error.kind == ErrorKind::too_large);
    return error.message;
  };
  CHECK(too_large("HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n") ==
        "a body of 33 bytes; at most 32 are taken");
  CHECK(too_large("HTTP/1.0 200 OK\r\n\r\n" + std::string(33, 'x')) == "a body of more than 32 bytes");
  CHECK(too_large("HTTP/1.1 200 OK\r\nA: " + std::string(1 << 20, 'x')) == "a head of more than 256 bytes");
}

TEST_CASE("interim answers without end are refused", "[response_parser]") {
  std::string bytes;
  for (int i = 0; i < 11; ++i) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(answer_of(bytes).error().message == "more than 10 interim answers");
}

TEST_CASE("a streamed body may be longer than the limit as long as it is taken away", "[response_parser]") {
  ResponseParser parser(small_limits(), {.streaming = true});
  parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n");
  REQUIRE(parser.head_complete());
  CHECK(parser.take().status == 200);
  std::string whole;
  for (int i = 0; i < 8; ++i) {
    parser.feed("0123456789");
    whole += parser.take_body();
  }
  CHECK(parser.progress() == Progress::complete);
  CHECK(whole.size() == 80);
  ResponseParser lazy(small_limits(), {.streaming = true});
  lazy.feed("HTTP/1.1 200 OK\r\n\r\n" + std::string(33, 'x'));
  CHECK(lazy.error().message == "a body of more than 32 bytes");
}

TEST_CASE("bytes behind a whole answer are not consumed", "[response_parser]") {
  ResponseParser parser(small_limits(), {});
  const std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1";
  CHECK(bytes.substr(parser.feed(bytes)) == "HTTP/1.1");
}
