#include <catch2/catch.hpp>

#include <memory>

#include "common/http/event_reader.h"
#include "common/http/server.h"
#include "tests/loop/common/http/http_scripted_server.h"
#include "tests/support/loop_fixture.h"

using namespace tamada;
using namespace tamada::http;

namespace {

struct Told final : EventReaderCallbacks {
  void on_events_begin() override { begun = true; }
  void on_event(const ServerSentEvent& event) override {
    CHECK(begun);
    CHECK_FALSE(end);
    events.push_back(event);
    if (leave) reader.reset();
  }
  void on_events_end(const EventStreamEnd& why) override {
    CHECK_FALSE(end);
    end = why;
    if (leave) reader.reset();
  }
  bool begun = false;
  bool leave = false;
  std::vector<ServerSentEvent> events;
  std::optional<EventStreamEnd> end;
  std::unique_ptr<EventReader> reader;
};

struct Reading : loop::LoopFixture {
  void open(const Address& address, const EventReaderOptions& options = {}) {
    Request request;
    request.path = "/events";
    told.reader = std::make_unique<EventReader>(loop, Target{address, "pg1", "pg1:8008", nullptr}, request,
                                                options, told);
  }
  EventStreamEnd end_of(const Script& script, const EventReaderOptions& options = {}) {
    ScriptedServer server(loop, {script});
    open(server.address(), options);
    REQUIRE(run_until([&] { return told.end.has_value(); }));
    asked = server.received();
    told.reader.reset();
    return *told.end;
  }

  Told told;
  std::string asked;
};

const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";

}  // namespace

TEST_CASE_METHOD(Reading, "what our own server sends as events is read as it comes", "[http][events]") {
  ResponseStream stream;
  Server server(loop, ServerOptions{}, [&](const Request& request, const Peer&, Responder responder) {
    CHECK(request.headers.find("Accept") == "text/event-stream");
    stream = responder.stream(200, {{"Content-Type", "text/event-stream"}});
  });
  REQUIRE(server.listen(loop::loopback()));
  open(server.address());
  REQUIRE(run_until([&] { return told.begun; }));
  for (int i = 0; i < 5; ++i) {
    REQUIRE(stream.write(server_sent_event("state", std::to_string(i))));
    REQUIRE(run_until([&] { return told.events.size() == static_cast<std::size_t>(i) + 1; }));
    CHECK(told.events.back() == ServerSentEvent{"state", std::to_string(i), ""});
  }
  stream.end();
  REQUIRE(run_until([&] { return told.end.has_value(); }));
  CHECK(told.end->failure.error.kind == ErrorKind::closed);
  CHECK(told.end->status == 0);
}

TEST_CASE_METHOD(Reading, "a server without events is told by its status", "[http][events]") {
  const EventStreamEnd none = end_of({"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n"});
  CHECK(none.status == 501);
  CHECK(none.failure.error.kind == ErrorKind::unavailable);
  CHECK(none.failure.error.message.find(": no event stream: HTTP status 501") != std::string::npos);
  CHECK_FALSE(told.begun);
  CHECK(asked.find("\r\nAccept: text/event-stream\r\n") != std::string::npos);
}

TEST_CASE_METHOD(Reading, "a 200 of another type is no event stream", "[http][events]") {
  const EventStreamEnd other =
      end_of({"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\ndata: 1\n\n"});
  CHECK(other.status == 200);
  CHECK(other.failure.error.message.find("found application/json, expected text/event-stream") !=
        std::string::npos);
  CHECK(told.events.empty());
}

TEST_CASE_METHOD(Reading, "a stream that falls silent ends", "[http][events]") {
  ScriptedServer server(loop, {{head + "data: 1\n\n", Script::End::keep}});
  open(server.address(), {.idle_timeout = 200ms});
  REQUIRE(run_until([&] { return told.end.has_value(); }));
  CHECK(told.events.size() == 1);
  CHECK(told.end->failure.error.kind == ErrorKind::timeout);
  CHECK(told.end->failure.stage == Stage::body);
}

TEST_CASE_METHOD(Reading, "an event without end costs no more than the limit", "[http][events]") {
  const EventStreamEnd end =
      end_of({.bytes = head + "data: " + std::string(5000, 'x'), .endless = true}, {.max_event = 1000});
  CHECK(end.failure.error.kind == ErrorKind::too_large);
}

TEST_CASE_METHOD(Reading, "nobody there is told with its stage", "[http][events]") {
  const auto port = loop::closed_port();
  open(loop::socket_address(port.get()));
  REQUIRE(run_until([&] { return told.end.has_value(); }));
  CHECK(told.end->failure.error.kind == ErrorKind::refused);
  CHECK(told.end->failure.stage == Stage::connecting);
}

TEST_CASE_METHOD(Reading, "a reader may be destroyed in its callbacks", "[http][events]") {
  ScriptedServer server(loop, {{head + "data: 1\n\ndata: 2\n\n", Script::End::keep}});
  told.leave = true;
  open(server.address());
  REQUIRE(run_until([&] { return told.events.size() == 1; }));
  run_turns();
  CHECK(told.events.size() == 1);
  CHECK_FALSE(told.end);
  ScriptedServer gone(loop, {{"HTTP/1.1 503 X\r\n\r\n"}});
  open(gone.address());
  REQUIRE(run_until([&] { return told.end.has_value(); }));
  CHECK(told.reader == nullptr);
}
