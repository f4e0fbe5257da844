#include <catch2/catch.hpp>

#include "common/http/client_request.h"
#include "tests/loop/common/http/http_scripted_server.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"

using namespace tamada;
using namespace tamada::http;

namespace {

struct Asking : loop::LoopFixture {
  Target target_of(const Address& address) { return {address, "pg1", "pg1:8008", nullptr}; }

  // Runs one request to its answer.
  Outcome<Response> ask(const Address& address, ClientOptions options = {}, Request request = {}) {
    std::optional<Outcome<Response>> answer;
    const ClientRequest one(loop, target_of(address), request, options,
                            [&](Outcome<Response> outcome) { answer = std::move(outcome); });
    CHECK_FALSE(answer);
    REQUIRE(run_until([&] { return answer.has_value(); }));
    CHECK_FALSE(one.is_pending());
    return *answer;
  }
  Outcome<Response> ask(const Script& script, ClientOptions options = {}) {
    ScriptedServer server(loop, {script});
    auto answer = ask(server.address(), options);
    where = server.address().to_string();
    run_until([&] { return server.left() != "open"; }, 5s);
    left = server.left();
    return answer;
  }
  // The error of a script, without the part that names the request.
  std::string complaint(const Script& script, ErrorKind kind, ClientOptions options = {}) {
    auto answer = ask(script, options);
    if (answer) return "(answered)";
    CHECK(answer.error().error.kind == kind);
    const std::string prefix = "GET / from http://pg1:8008 (" + where + "): ";
    const std::string& words = answer.error().error.message;
    CHECK(words.substr(0, prefix.size()) == prefix);
    return words.substr(std::min(prefix.size(), words.size()));
  }

  std::string where;
  std::string left;  // how the last server saw us go
};

}  // namespace

TEST_CASE_METHOD(Asking, "a request is answered and the connection ends with FIN", "[http][client]") {
  const TimePoint before = loop::boot_now();
  ScriptedServer server(
      loop, {{"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"state\": \"running\"}"}});
  Request request;
  request.path = "/replica";
  request.headers.add("Accept", "*/*");
  const Response response = ask(server.address(), {}, request).value();
  CHECK(response.status == 200);
  CHECK(response.body == "{\"state\": \"running\"}");
  CHECK(response.headers.find("content-type") == "application/json");
  CHECK(response.sent_at >= before);
  CHECK(response.sent_at <= loop::boot_now());
  CHECK(server.received() ==
        "GET /replica HTTP/1.1\r\nHost: pg1:8008\r\nConnection: close\r\nAccept: */*\r\n\r\n");
  REQUIRE(run_until([&] { return server.left() != "open"; }));
  CHECK(server.left() == "fin");
}

TEST_CASE_METHOD(Asking, "every way to mark the end of a body is understood, also byte by byte",
                 "[http][client]") {
  for (const char* bytes :
       {"HTTP/1.1 503 X\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.0 503 X\r\n\r\nhello", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 X\r\n\r\nhello"}) {
    INFO(bytes);
    const Response response = ask(Script{.bytes = bytes, .piece = 1}, {.deadline = 20s}).value();
    CHECK(response.status == 503);
    CHECK(response.body == "hello");
    CHECK(left == "fin");
  }
}

TEST_CASE_METHOD(Asking, "an answer with its length is complete though the server keeps the connection",
                 "[http][client]") {
  const Response response =
      ask(Script{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Script::End::keep}).value();
  CHECK(response.body == "ok");
  CHECK(left == "fin");
}

TEST_CASE_METHOD(Asking, "a status line alone is an answer", "[http][client]") {
  CHECK(ask(Script{"HTTP/1.0 200 OK\r\n\r\n"}).value().status == 200);
}

TEST_CASE_METHOD(Asking, "a port where nobody listens is told as refused", "[http][client]") {
  const auto port = loop::closed_port();
  const Address address = loop::socket_address(port.get());
  const Error error = ask(address).error().error;
  CHECK(error.kind == ErrorKind::refused);
  CHECK(error.message == "GET / from http://pg1:8008 (" + address.to_string() + "): connect to " +
                             address.to_string() + ": connection refused (ECONNREFUSED)");
}

TEST_CASE_METHOD(Asking, "a reset is told with the phase it came in", "[http][client]") {
  const std::string early = complaint({"", Script::End::reset}, ErrorKind::reset);
  CHECK(early ==
        "connection with " + where + ": connection reset by peer (ECONNRESET) (waiting for the answer)");
  CHECK(complaint({"HTTP/1.1 200 OK\r\n\r\nhalf", Script::End::reset}, ErrorKind::reset)
            .find("connection reset by peer") != std::string::npos);
}

TEST_CASE_METHOD(Asking, "an answer that ends too early is told as closed", "[http][client]") {
  CHECK(complaint({""}, ErrorKind::closed) == "the server closed the connection without an answer");
  CHECK(complaint({"HTTP/1.1 200 OK\r\nContent-Len"}, ErrorKind::closed) ==
        "the answer ended inside its headers");
  CHECK(complaint({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}, ErrorKind::closed) ==
        "the body ended after 3 of 9 bytes");
  CHECK(complaint({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}, ErrorKind::closed) ==
        "the chunked body ended after 3 bytes without its last chunk");
}

TEST_CASE_METHOD(Asking, "the deadline ends every way of being slow, and says what it waited for",
                 "[http][client]") {
  const ClientOptions quick{.deadline = 150ms};
  CHECK(complaint({"", Script::End::keep}, ErrorKind::timeout, quick) ==
        "no whole answer within 150 ms (waiting for the answer)");
  CHECK(complaint({"HTTP/1.1 200", Script::End::keep}, ErrorKind::timeout, quick) ==
        "no whole answer within 150 ms (reading the headers)");
  CHECK(complaint({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Script::End::keep}, ErrorKind::timeout,
                  quick) == "no whole answer within 150 ms (reading the body)");
  CHECK(complaint({.bytes = "HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'y'), .piece = 1},
                  ErrorKind::timeout, quick) == "no whole answer within 150 ms (reading the headers)");
  CHECK(left == "fin");
}

TEST_CASE_METHOD(Asking, "what is no HTTP is refused at once", "[http][client]") {
  CHECK(complaint({"SSH-2.0-OpenSSH_9.2p1\r\n", Script::End::keep}, ErrorKind::invalid).substr(0, 24) ==
        "not an HTTP/1 answer: Ex");
  CHECK(complaint({std::string("\0\1\2\3garbage", 11), Script::End::keep}, ErrorKind::invalid) != "");
  CHECK(complaint({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Script::End::keep},
                  ErrorKind::invalid) != "");
  CHECK(left == "fin");
}

TEST_CASE_METHOD(Asking, "an endless answer costs no more than the limits", "[http][client]") {
  const std::string field = "X-Filler: " + std::string(1000, 'x') + "\r\n";
  std::string headers = "HTTP/1.1 200 OK\r\n";
  while (headers.size() < (std::size_t{1} << 20)) headers += field;
  CHECK(complaint({headers + "\r\n"}, ErrorKind::too_large) == "a head of more than 65536 bytes");
  CHECK(complaint({"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", Script::End::keep},
                  ErrorKind::too_large) == "a body of 99999999999 bytes; at most 1048576 are taken");
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 300; ++i) many += "a: b\r\n";
  CHECK(complaint({many, Script::End::keep}, ErrorKind::too_large) == "more than 200 header fields");

  ScriptedServer endless(loop,
                         {{.bytes = "HTTP/1.0 200 OK\r\n\r\n" + std::string(100000, 'x'), .endless = true}});
  const Error error = ask(endless.address(), {.deadline = 20s}).error().error;
  CHECK(error.kind == ErrorKind::too_large);
  CHECK(error.message.find("a body of more than 1048576 bytes") != std::string::npos);
}

TEST_CASE_METHOD(Asking, "a request that is destroyed is not answered, and the server sees FIN",
                 "[http][client]") {
  ScriptedServer server(loop, {{"", Script::End::keep}});
  bool answered = false;
  auto request =
      std::make_unique<ClientRequest>(loop, target_of(server.address()), Request{}, ClientOptions{},
                                      [&](const Outcome<Response>&) { answered = true; });
  REQUIRE(run_until([&] { return server.connections() == 1 && !server.received().empty(); }));
  request.reset();
  server.say(0, "HTTP/1.0 200 OK\r\n\r\n");
  REQUIRE(run_until([&] { return server.left() != "open"; }));
  CHECK(server.left() == "fin");
  CHECK_FALSE(answered);
}

TEST_CASE_METHOD(Asking, "a request may be destroyed in its own callback", "[http][client]") {
  ScriptedServer server(loop, {{"HTTP/1.0 200 OK\r\n\r\n"}});
  std::unique_ptr<ClientRequest> request;
  int answers = 0;
  const std::string kept_alive(100, 'x');
  request = std::make_unique<ClientRequest>(loop, target_of(server.address()), Request{}, ClientOptions{},
                                            [&, kept_alive](const Outcome<Response>& result) {
                                              request.reset();
                                              answers +=
                                                  result.has_value() && kept_alive.size() == 100 ? 1 : 0;
                                            });
  REQUIRE(run_until([&] { return answers > 0; }));
  run_turns();
  CHECK(answers == 1);
}
