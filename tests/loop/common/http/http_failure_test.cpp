// In which stage a request fails, and whether anything of it may have been sent.
#include <catch2/catch.hpp>

#include "common/http/client_request.h"
#include "common/http/stream_request.h"
#include "tests/loop/common/http/http_scripted_server.h"
#include "tests/support/broken_recv.h"
#include "tests/support/loop_fixture.h"

using namespace tamada;
using namespace tamada::http;

namespace {

constexpr ClientOptions quick{.deadline = 300ms};
constexpr std::size_t more_than_the_kernel_takes = std::size_t{64} << 20;

TlsClientOptions trusting_anybody() {
  TlsClientOptions options;
  options.verify = false;
  return options;
}

struct Failing : loop::LoopFixture {
  Failure ask(const Address& address, TlsContext* tls = nullptr, const ClientOptions& options = {},
              const Request& request = {}) {
    std::optional<Outcome<Response>> answer;
    const ClientRequest one(loop, {address, "pg1", "pg1:8008", tls}, request, options,
                            [&](Outcome<Response> outcome) { answer = std::move(outcome); });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    if (*answer) FAIL("it was answered");
    INFO(answer->error().error.message);
    return answer->error();
  }
  Failure ask(const Script& script, TlsContext* tls = nullptr, const ClientOptions& options = {}) {
    ScriptedServer server(loop, {script});
    return ask(server.address(), tls, options);
  }

  TlsContext anybody{trusting_anybody()};
};

}  // namespace

TEST_CASE_METHOD(Failing, "what fails before the request is sent says so", "[http][failure]") {
  TlsClientOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  TlsContext no_file(options);
  const auto port = loop::closed_port();
  const Address closed = loop::socket_address(port.get());

  const Failure preparing = ask(closed, &no_file);
  CHECK(preparing.stage == Stage::preparing);
  CHECK_FALSE(preparing.may_have_been_sent());

  const Failure refused = ask(closed);
  CHECK(refused.error.kind == ErrorKind::refused);
  CHECK(refused.stage == Stage::connecting);
  CHECK_FALSE(refused.may_have_been_sent());

  for (const Script& script : {Script{}, Script{"", Script::End::reset}, Script{"SSH-2.0-OpenSSH_9.2p1\r\n"},
                               Script{"", Script::End::keep}}) {
    const Failure handshake = ask(script, &anybody, quick);
    INFO(handshake.error.message);
    CHECK(handshake.stage == Stage::tls_handshake);
    CHECK_FALSE(handshake.may_have_been_sent());
  }
}

TEST_CASE_METHOD(Failing, "a request that the kernel has not taken whole may have been sent",
                 "[http][failure]") {
  ScriptedServer server(loop, {{.bytes = "", .deaf = true}});
  Request request;
  request.method = "POST";
  request.body = std::string(more_than_the_kernel_takes, 'x');
  const Failure sending = ask(server.address(), nullptr, quick, request);
  CHECK(sending.error.kind == ErrorKind::timeout);
  CHECK(sending.stage == Stage::sending);
  CHECK(sending.may_have_been_sent());
  CHECK(sending.error.message.find("(sending the request)") != std::string::npos);
}

TEST_CASE_METHOD(Failing, "what fails after the request was sent says how far the answer had come",
                 "[http][failure]") {
  struct Case {
    Script script;
    Stage stage;
  };
  const std::string half_head = "HTTP/1.1 200 OK\r\nContent-Len";
  const std::string half_body = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
  using End = Script::End;
  const Case cases[] = {{{"", End::fin}, Stage::waiting},      {{"", End::reset}, Stage::waiting},
                        {{"", End::keep}, Stage::waiting},     {{half_head, End::fin}, Stage::head},
                        {{half_head, End::keep}, Stage::head}, {{half_body, End::fin}, Stage::body},
                        {{half_body, End::keep}, Stage::body}};
  for (const Case& one : cases) {
    const Failure failure = ask(one.script, nullptr, quick);
    INFO(one.script.bytes << ": " << failure.error.message);
    CHECK(failure.stage == one.stage);
    CHECK(failure.may_have_been_sent());
  }
}

TEST_CASE_METHOD(Failing, "an established connection that ends as unreachable is not one that never was",
                 "[http][failure]") {
  ScriptedServer server(loop, {{"x", Script::End::keep}});
  // The first byte of the answer is lost with the way to the server.
  const loop::BrokenRecv broken(EHOSTUNREACH, server.address().port());
  const Failure failure = ask(server.address());
  CHECK(failure.error.kind == ErrorKind::unreachable);
  CHECK(failure.stage == Stage::waiting);
  CHECK(failure.may_have_been_sent());
}

TEST_CASE_METHOD(Failing, "a stream says its stage as well", "[http][failure]") {
  struct Reader final : StreamRequest::Callbacks {
    void on_stream_head(const Response&) override {}
    void on_stream_bytes(std::string_view) override {}
    void on_stream_end(Outcome<void> outcome) override { end = std::move(outcome); }
    std::optional<Outcome<void>> end;
  };
  const auto stage = [this](const Script& script, const StreamOptions& options) {
    ScriptedServer server(loop, {script});
    Reader reader;
    const StreamRequest one(loop, {server.address(), "pg1", "pg1:8008", nullptr}, {}, options, reader);
    REQUIRE(run_until([&] { return reader.end.has_value(); }));
    REQUIRE_FALSE(*reader.end);
    return reader.end->error().stage;
  };
  const StreamOptions impatient{.head_timeout = 100ms, .idle_timeout = 100ms};
  CHECK(stage({"", Script::End::keep}, impatient) == Stage::waiting);
  CHECK(stage({"HTTP/1.1 200", Script::End::keep}, impatient) == Stage::head);
  CHECK(stage({"HTTP/1.1 200 OK\r\n\r\nx", Script::End::keep}, impatient) == Stage::body);
  CHECK(stage({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}, {}) == Stage::body);
}
