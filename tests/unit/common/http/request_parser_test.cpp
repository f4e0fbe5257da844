#include "common/http/request_parser.h"

#include <catch2/catch.hpp>

using namespace tamada::http;

namespace {

MessageLimits small_limits() {
  return {.max_header = 256, .max_body = 32, .max_fields = 5};
}

struct Outcome {
  Progress progress;
  int status = 0;  // of a fault
  std::string words;
};

Outcome outcome_of(std::string_view bytes, const MessageLimits& limits = small_limits()) {
  RequestParser parser(limits);
  (void)parser.feed(bytes);
  if (parser.progress() != Progress::failed) return {parser.progress(), 0, ""};
  return {parser.progress(), parser.fault_status(), parser.fault_words()};
}

void check_refused(std::string_view bytes, int status, const std::string& words) {
  INFO(bytes);
  const Outcome outcome = outcome_of(bytes);
  CHECK(outcome.progress == Progress::failed);
  CHECK(outcome.status == status);
  CHECK(outcome.words == words);
}

}  // namespace

TEST_CASE("a request is read the same however it is cut", "[request_parser]") {
  const std::string bytes =
      "POST /switchover?x=1 HTTP/1.1\r\nHost: pg1\r\nContent-Length: 11\r\nX-Empty:\r\n\r\nhello world"
      "GET /next HTTP/1.1\r\nHost: pg1\r\nConnection: close\r\n\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    INFO("cut at " << cut);
    RequestParser parser(small_limits());
    std::vector<Request> requests;
    for (std::string_view part :
         {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
      while (!part.empty()) {
        part.remove_prefix(parser.feed(part));
        REQUIRE(parser.progress() != Progress::failed);
        if (parser.progress() == Progress::complete) requests.push_back(parser.take());
      }
    }
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].method == "POST");
    CHECK(requests[0].path == "/switchover");
    CHECK(requests[0].query == "x=1");
    CHECK(requests[0].body == "hello world");
    CHECK(requests[0].headers.find("x-empty") == "");
    CHECK(requests[0].keep_alive);
    CHECK(requests[1].path == "/next");
    CHECK(requests[1].body.empty());
    CHECK_FALSE(requests[1].keep_alive);
  }
}

TEST_CASE("a chunked request is read byte by byte, its extensions and trailers left out",
          "[request_parser]") {
  const std::string bytes =
      "PUT /config HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;note=x\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: y\r\n\r\n";
  RequestParser parser(small_limits());
  for (const char c : bytes) {
    REQUIRE(parser.progress() == Progress::need_more);
    CHECK(parser.feed(std::string_view(&c, 1)) == 1);
  }
  REQUIRE(parser.progress() == Progress::complete);
  const Request request = parser.take();
  CHECK(request.body == "hello world");
  CHECK_FALSE(request.headers.has("X-Trailer"));
}

TEST_CASE("an HTTP/1.0 request is not kept alive unless it asks", "[request_parser]") {
  RequestParser parser(small_limits());
  parser.feed("GET / HTTP/1.0\r\n\r\n");
  REQUIRE(parser.progress() == Progress::complete);
  Request request = parser.take();
  CHECK(request.minor_version == 0);
  CHECK_FALSE(request.keep_alive);
  parser.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(parser.take().keep_alive);
}

TEST_CASE("a target with scheme and host counts by its path", "[request_parser]") {
  RequestParser parser(small_limits());
  parser.feed("GET http://pg1:7000/status?a=http://b HTTP/1.1\r\nHost: pg1\r\n\r\n");
  const Request request = parser.take();
  CHECK(request.path == "/status");
  CHECK(request.query == "a=http://b");
}

TEST_CASE("a wish to upgrade is ignored and the bytes behind are the next request", "[request_parser]") {
  RequestParser parser(small_limits());
  const std::string bytes =
      "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /b HTTP/1.1\r\nHost: "
      "x\r\n\r\n";
  const auto used = parser.feed(bytes);
  CHECK(parser.take().path == "/a");
  parser.feed(std::string_view(bytes).substr(used));
  CHECK(parser.take().path == "/b");
}

TEST_CASE("what two programs could read differently is refused", "[request_parser]") {
  check_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "more than one Host field");
  check_refused("GET / HTTP/1.1\r\n\r\n", 400, "no Host field");
  check_refused("GET / HTTP/1.1\nHost: a\n\n", 400, "a line of the head does not end with CR LF");
  check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 5\r\n\r\n", 400,
                "a line of the head does not end with CR LF");
  check_refused("GET / HTTP/1.1\r\nHost: a\r\n Content-Length: 5\r\n\r\n", 400,
                "a header line begins with a blank");
  for (const char* head : {
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: a\vb\001\r\n\r\n",
       }) {
    INFO(head);
    CHECK(outcome_of(head).status == 400);
  }
}

TEST_CASE("a chunk size that is not one is refused", "[request_parser]") {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(outcome_of(head + "zz\r\n").status == 400);
  CHECK(outcome_of(head + "-1\r\n").status == 400);
  CHECK(outcome_of(head + "3\r\nabcd\r\n").status == 400);
  CHECK(outcome_of(head + "fffffffffffffffff\r\n").status == 400);
}

TEST_CASE("what is too large is refused as soon as it is known", "[request_parser]") {
  check_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\n", 413,
                "a body of 33 bytes; at most 32 are taken");
  check_refused(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n21\r\n" + std::string(33, 'x'), 413,
      "a body of more than 32 bytes");
  check_refused("GET /" + std::string(300, 'x'), 431, "a head of more than 256 bytes");
  check_refused(std::string(300, '\r'), 400, "a line of the head does not end with CR LF");
  std::string empty_lines;
  for (int i = 0; i < 200; ++i) empty_lines += "\r\n";
  check_refused(empty_lines, 431, "a head of more than 256 bytes");
  check_refused("GET / HTTP/1.1\r\na:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\nf:1\r\n\r\n", 431,
                "more than 5 header fields");
  check_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(300, 'x'),
                431, "more than 256 bytes of chunk extensions and trailers");
}

TEST_CASE("another protocol on the port is named where it can be", "[request_parser]") {
  check_refused("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", 501, "no method known here begins with BR");
  check_refused("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501, "CONNECT: this is no proxy");
  check_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP/2.0; expected HTTP/1.0 or HTTP/1.1");
  check_refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "HTTP/0.9; expected HTTP/1.0 or HTTP/1.1");
  check_refused("GET /\r\n\r\n", 505, "HTTP/0.9; expected HTTP/1.0 or HTTP/1.1");
  check_refused("GET / HTTP/7.3\r\nHost: a\r\n\r\n", 505, "expected HTTP/1.0 or HTTP/1.1");
  check_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505,
                "HTTP/2 without being asked; expected HTTP/1.0 or HTTP/1.1");
  check_refused("\x16\x03\x01\x02", 400, "this looks like TLS; this port speaks plain HTTP");
  CHECK(outcome_of(std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8)).status == 400);  // PostgreSQL's SSLRequest
}

TEST_CASE("an unknown method is the same however it is cut", "[request_parser]") {
  const std::string bytes = "FETCH / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    RequestParser parser(small_limits());
    parser.feed(bytes.substr(0, cut));
    parser.feed(bytes.substr(cut));
    REQUIRE(parser.progress() == Progress::failed);
    CHECK(parser.fault_status() == 501);
    CHECK(parser.fault_words() == "no method known here begins with FE");
  }
}

TEST_CASE("a client that waits for 100 Continue is recognised", "[request_parser]") {
  RequestParser parser(small_limits());
  parser.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
  CHECK(parser.progress() == Progress::need_more);
  REQUIRE(parser.head_complete());
  CHECK(parser.expects_continue());
  CHECK_FALSE(parser.expects_unknown());
  RequestParser other(small_limits());
  other.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: tea\r\n\r\n");
  CHECK(other.expects_unknown());
}
