#include <catch2/catch.hpp>

#include "common/http/stream_request.h"
#include "tests/loop/common/http/http_scripted_server.h"
#include "tests/support/loop_fixture.h"

using namespace tamada;
using namespace tamada::http;

namespace {

struct Reader final : StreamRequest::Callbacks {
  void on_stream_head(const Response& head) override {
    CHECK(status == 0);
    status = head.status;
    if (destroy_on_head != nullptr) destroy_on_head->reset();
  }
  void on_stream_bytes(std::string_view bytes) override {
    CHECK_FALSE(bytes.empty());
    CHECK(status != 0);
    body += bytes;
  }
  void on_stream_end(Outcome<void> outcome) override {
    CHECK_FALSE(ended);
    ended = true;
    error = outcome ? "" : outcome.error().error.message;
  }

  int status = 0;
  std::string body;
  bool ended = false;
  std::string error;
  std::unique_ptr<StreamRequest>* destroy_on_head = nullptr;
};

struct Streaming : loop::LoopFixture {
  std::unique_ptr<StreamRequest> open(const ScriptedServer& server, Reader& reader,
                                      StreamOptions options = {}) {
    return std::make_unique<StreamRequest>(loop, Target{server.address(), "e", "e:1", nullptr}, Request{},
                                           options, reader);
  }
};

const char* const chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE_METHOD(Streaming, "a stream hands on each piece as it comes, beyond any limit of length",
                 "[http][stream]") {
  ScriptedServer server(loop, {{chunked_head, Script::End::keep}});
  Reader reader;
  const auto stream = open(server, reader, {.limits = {.max_body = 100000}});
  REQUIRE(run_until([&] { return reader.status == 200; }));
  server.say(0, "5\r\nhello\r\n");
  REQUIRE(run_until([&] { return reader.body == "hello"; }));
  for (int i = 0; i < 50; ++i) server.say(0, "2710\r\n" + std::string(10000, 'x') + "\r\n");
  REQUIRE(run_until([&] { return reader.body.size() == 500005; }));
  CHECK_FALSE(reader.ended);
  server.say(0, "0\r\n\r\n");
  REQUIRE(run_until([&] { return reader.ended; }));
  CHECK(reader.error.empty());
}

TEST_CASE_METHOD(Streaming, "a stream that stays silent ends after its idle time-out", "[http][stream]") {
  ScriptedServer server(loop, {{chunked_head, Script::End::keep}});
  Reader reader;
  const auto stream = open(server, reader);
  REQUIRE(run_until([&] { return reader.status == 200; }));
  stream->set_idle_timeout(50ms);
  REQUIRE(run_until([&] { return reader.ended; }));
  CHECK(reader.error == "GET / from http://e:1 (" + server.address().to_string() + "): silent for 50 ms");
}

TEST_CASE_METHOD(Streaming, "a stream whose head does not come ends after its head time-out",
                 "[http][stream]") {
  ScriptedServer server(loop, {{"HTTP/1.1 200 OK\r\n", Script::End::keep}});
  Reader reader;
  const auto stream = open(server, reader, {.head_timeout = 50ms});
  REQUIRE(run_until([&] { return reader.ended; }));
  CHECK(reader.error.find("no answer within 50 ms (reading the headers)") != std::string::npos);
}

TEST_CASE_METHOD(Streaming, "a stream that is cut says so after what had come", "[http][stream]") {
  ScriptedServer server(loop, {{std::string(chunked_head) + "5\r\nhello\r\n"}});
  Reader reader;
  const auto stream = open(server, reader);
  REQUIRE(run_until([&] { return reader.ended; }));
  CHECK(reader.body == "hello");
  CHECK(reader.error.find("the chunked body ended after 5 bytes without its last chunk") !=
        std::string::npos);
}

TEST_CASE_METHOD(Streaming, "a paused stream reads nothing until it goes on", "[http][stream]") {
  ScriptedServer server(loop, {{chunked_head, Script::End::keep}});
  Reader reader;
  const auto stream = open(server, reader, {.idle_timeout = 100ms});
  REQUIRE(run_until([&] { return reader.status == 200; }));
  stream->pause();
  server.say(0, "5\r\nhello\r\n");
  run_for(200ms);
  CHECK(reader.body.empty());
  CHECK_FALSE(reader.ended);
  stream->resume();
  REQUIRE(run_until([&] { return reader.body == "hello"; }));
}

TEST_CASE_METHOD(Streaming, "a stream may be destroyed in its callback", "[http][stream]") {
  ScriptedServer server(loop, {{std::string(chunked_head) + "5\r\nhello\r\n0\r\n\r\n"}});
  Reader reader;
  auto stream = open(server, reader);
  reader.destroy_on_head = &stream;
  REQUIRE(run_until([&] { return reader.status == 200; }));
  run_turns();
  CHECK(reader.body.empty());
  CHECK_FALSE(reader.ended);
}
