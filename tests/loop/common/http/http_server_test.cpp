#include <catch2/catch.hpp>

#include <optional>

#include "common/http/client_request.h"
#include "common/http/server_connection.h"
#include "tests/loop/common/http/http_serving.h"

using namespace tamada;
using namespace tamada::http;

namespace {

std::string refusal(const std::string& status, const std::string& words) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
         std::to_string(words.size() + 1) + "\r\nConnection: close\r\n\r\n" + words + "\n";
}

}  // namespace

TEST_CASE_METHOD(Serving, "a request is answered and the connection kept for the next", "[http][server]") {
  serve();
  RawClient client(loop, server->address(), "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return client.got == ok("GET /echo "); }));
  CHECK(peer.ip() == "127.0.0.1");
  client.got.clear();
  client.say("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  REQUIRE(run_until([&] { return client.ended; }));
  CHECK(client.got == ok("POST /b abc", "close"));
}

TEST_CASE_METHOD(Serving, "requests sent together are answered in their order", "[http][server]") {
  serve();
  std::string bytes;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    expected += ok("GET /" + std::to_string(i) + " ");
  }
  RawClient client(loop, server->address(), bytes);
  REQUIRE(run_until([&] { return client.got.size() >= expected.size(); }));
  CHECK(client.got == expected);
}

TEST_CASE_METHOD(Serving, "a late answer keeps the order of what was sent behind it", "[http][server]") {
  serve();
  RawClient client(loop, server->address(),
                   "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return later.size() == 1; }));
  run_turns();
  CHECK(client.got.empty());
  CHECK(requests == 1);
  CHECK(later[0].is_open());
  Response response;
  response.body = "late";
  later[0].send(response);
  CHECK_FALSE(later[0].is_open());
  later[0].send(response);  // the right is used up
  REQUIRE(run_until([&] { return client.got == ok("late") + ok("GET /next "); }));
}

TEST_CASE_METHOD(Serving, "a responder that is dropped answers 500", "[http][server]") {
  serve();
  CHECK(answer("GET /silent HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") ==
        refusal("500 Internal Server Error", "the server has no answer to this request"));
}

TEST_CASE_METHOD(Serving, "answers that no handler gives carry the headers that were asked for",
                 "[http][server]") {
  ServerOptions options;
  options.own_headers = {{"X-Content-Type-Options", "nosniff"}};
  options.max_connections = 1;
  serve(options);
  const std::string_view own = "\r\nX-Content-Type-Options: nosniff\r\n";
  CHECK(answer("nonsense\r\n\r\n").find(own) != std::string::npos);
  CHECK(answer("GET /silent HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").find(own) !=
        std::string::npos);
  CHECK(answer("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").find(own) == std::string::npos);
  const RawClient busy(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return later.size() == 1; }));
  CHECK(answer("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").find(own) != std::string::npos);  // 503
}

TEST_CASE_METHOD(Serving, "HEAD and answers without content send no body", "[http][server]") {
  serve();
  CHECK(answer("HEAD /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n");
  CHECK(answer("GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") ==
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST_CASE_METHOD(Serving, "a status line alone ends its connection, but after HEAD in HTTP/1.1",
                 "[http][server]") {
  serve();
  const std::string last = "HTTP/1.0 503 Service Unavailable\r\n\r\n";
  CHECK(answer("OPTIONS /check HTTP/1.0\r\n\r\n") == last);
  CHECK(answer("OPTIONS /check HTTP/1.1\r\nHost: a\r\n\r\n") == last);
  CHECK(answer("GET /check HTTP/1.1\r\nHost: a\r\n\r\n") == last);
  CHECK(answer("HEAD /check HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") == last);
  CHECK(answer("HEAD /check HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") == last);
  CHECK(answer("HEAD /check HTTP/1.1\r\nHost: a\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a ") ==
        "HTTP/1.1 503 Service Unavailable\r\n\r\n" + ok("GET /a "));
  CHECK(server->counters().answers[5] == 6);
}

TEST_CASE_METHOD(Serving, "an HTTP/1.0 client gets its answer and the end of the connection",
                 "[http][server]") {
  serve();
  CHECK(answer("GET /a HTTP/1.0\r\n\r\n") == ok("GET /a ", "close"));
  CHECK(answer("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /a ") == ok("GET /a "));
}

TEST_CASE_METHOD(Serving, "a client that closes its own side still gets its answer", "[http][server]") {
  serve();
  RawClient client(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return later.size() == 1; }));
  client.end();
  run_turns();
  later[0].send(text_response(200, "yes"));
  REQUIRE(run_until([&] { return client.ended; }));
  CHECK(client.got.find("\r\n\r\nyes\n") != std::string::npos);
}

TEST_CASE_METHOD(Serving, "100 Continue is said when it is waited for", "[http][server]") {
  serve();
  RawClient client(loop, server->address(),
                   "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(run_until([&] { return client.got == "HTTP/1.1 100 Continue\r\n\r\n"; }));
  client.say("hi");
  REQUIRE(run_until([&] { return client.got == "HTTP/1.1 100 Continue\r\n\r\n" + ok("POST /a hi"); }));
  CHECK(answer("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: tea\r\n\r\n") ==
        refusal("417 Expectation Failed", "only 100-continue may be expected"));
}

TEST_CASE_METHOD(Serving, "what is no request is answered in plain words and closed", "[http][server]") {
  serve({.limits = {.max_header = 1000, .max_body = 100, .max_fields = 10}});
  CHECK(answer("BREW / HTTP/1.1\r\nHost: a\r\n\r\n") ==
        refusal("501 Not Implemented", "no method known here begins with BR"));
  CHECK(answer("GET / HTTP/2.0\r\nHost: a\r\n\r\n") ==
        refusal("505 HTTP Version Not Supported", "HTTP/2.0; expected HTTP/1.0 or HTTP/1.1"));
  CHECK(answer("GET / HTTP/1.1\r\n\r\n") == refusal("400 Bad Request", "no Host field"));
  CHECK(answer("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x')) ==
        refusal("431 Request Header Fields Too Large", "a head of more than 1000 bytes"));
  CHECK(answer("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x')) ==
        refusal("413 Content Too Large", "a body of 101 bytes; at most 100 are taken"));
  CHECK(answer("\x16\x03\x01\x02\x00\x01") ==
        refusal("400 Bad Request", "this looks like TLS; this port speaks plain HTTP"));
  CHECK(requests == 0);
}

TEST_CASE_METHOD(Serving, "a request smuggled behind an ambiguous one is not run", "[http][server]") {
  serve();
  const std::string got = answer(
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(got.substr(0, 24) == "HTTP/1.1 400 Bad Request");
  CHECK(requests == 0);
}

TEST_CASE_METHOD(Serving, "a client that is silent or slow pins nothing", "[http][server]") {
  serve({.idle_timeout = 100ms, .header_timeout = 150ms, .body_timeout = 200ms});
  RawClient silent(loop, server->address(), "");
  RawClient slow_head(loop, server->address(), "GET /");
  RawClient slow_body(loop, server->address(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  RawClient idle(loop, server->address(), "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  loop::Timer trickle(loop, [&] { slow_head.say("x"); });
  trickle.start_repeating(20ms);  // each byte alone would keep a naive time-out from running
  REQUIRE(run_until([&] { return silent.ended && slow_head.ended && slow_body.ended && idle.ended; }));
  CHECK(silent.got.empty());
  CHECK(slow_head.got == refusal("408 Request Timeout", "the request's head did not come within 150 ms"));
  CHECK(slow_body.got == refusal("408 Request Timeout", "the request's body did not come within 200 ms"));
  CHECK(idle.got == ok("GET /a "));
  REQUIRE(run_until([&] { return server->connections() == 0; }));
}

TEST_CASE_METHOD(Serving, "a client that does not read its answer is dropped", "[http][server]") {
  serve({.write_timeout = 100ms});
  fat = std::size_t{8} << 20;
  RawClient client(loop, server->address(), "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return client.connected; }));
  client.stop_reading();
  REQUIRE(run_until([&] { return requests == 1; }));
  REQUIRE(run_until([&] { return server->connections() == 0; }));
}

TEST_CASE_METHOD(Serving, "a client that only sends piles up no answers", "[http][server]") {
  serve();
  fat = std::size_t{1} << 20;
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  RawClient client(loop, server->address(), bytes);
  REQUIRE(run_until([&] { return client.connected; }));
  client.stop_reading();
  REQUIRE(run_until([&] { return requests > 0; }));
  run_for(100ms);
  CHECK(requests < 20);
  client.read_on();
  REQUIRE(run_until([&] { return requests == 100; }));
}

TEST_CASE_METHOD(Serving, "beyond the limit the longest idle connection makes room, busy ones do not",
                 "[http][server]") {
  serve({.max_connections = 2});
  RawClient first(loop, server->address(), "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return !first.got.empty(); }));
  RawClient second(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return later.size() == 1; }));
  RawClient third(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return first.ended && later.size() == 2; }));
  RawClient fourth(loop, server->address(), "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return fourth.ended; }));
  CHECK(fourth.got == refusal("503 Service Unavailable", "too many connections; try again later"));
  later[0].send(text_response(200, "yes"));
  REQUIRE(run_until([&] { return second.got.find("yes") != std::string::npos; }));
}

TEST_CASE_METHOD(Serving, "limits are changed in place", "[http][server]") {
  serve({.max_connections = 1});
  const RawClient first(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return later.size() == 1; }));
  CHECK(answer("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").find(" 503 ") != std::string::npos);
  ServerOptions wider{.max_connections = 2};
  wider.limits.max_body = 3;
  server->reconfigure(wider);
  const std::string_view close = "Host: a\r\nConnection: close\r\n";
  CHECK(answer("GET /a HTTP/1.1\r\n" + std::string(close) + "\r\n") == ok("GET /a ", "close"));
  CHECK(answer("POST /a HTTP/1.1\r\n" + std::string(close) + "Content-Length: 4\r\n\r\nabcd").find(" 413 ") !=
        std::string::npos);
  CHECK(server->counters().accepted == 4);

  // Fewer than are open: nobody is cut, nobody comes in.
  const RawClient second(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return later.size() == 2; }));
  server->reconfigure({.max_connections = 1});
  CHECK(answer("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").find(" 503 ") != std::string::npos);
  for (Responder& one : later) one.send(text_response(200, "yes"));
  REQUIRE(run_until([&] {
    return first.got.find("yes") != std::string::npos && second.got.find("yes") != std::string::npos;
  }));
}

TEST_CASE_METHOD(Serving, "beyond the limit requests that do not get on make room, not those being answered",
                 "[http][server]") {
  serve({.max_connections = 2});
  RawClient answered(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return later.size() == 1; }));
  RawClient dawdler(loop, server->address(), "GET /a HTTP/1.1\r\nHo");
  REQUIRE(run_until([&] { return server->connections() == 2; }));
  run_for(ServerConnection::dawdling + 100ms);
  RawClient third(loop, server->address(), "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return third.got == ok("GET /a ") && dawdler.ended; }));
  later[0].send(text_response(200, "yes"));
  REQUIRE(run_until([&] { return answered.got.find("yes") != std::string::npos; }));
}

TEST_CASE_METHOD(Serving, "our client and our server understand each other", "[http][server]") {
  serve();
  std::optional<Outcome<Response>> answer;
  Request request;
  request.method = "PUT";
  request.path = "/config";
  request.body = std::string(60000, 'b');
  const ClientRequest one(loop, {server->address(), "a", "a", nullptr}, request, {},
                          [&](Outcome<Response> result) { answer = std::move(result); });
  REQUIRE(run_until([&] { return answer.has_value(); }));
  CHECK(answer->value().body == "PUT /config " + request.body);
}
