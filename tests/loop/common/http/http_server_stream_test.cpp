// Answers that are streams: how they go out and how they end.
#include <catch2/catch.hpp>

#include "tests/loop/common/http/http_serving.h"

using namespace tamada;
using namespace tamada::http;

TEST_CASE_METHOD(Serving, "a stream goes out in chunks and the connection is kept after its end",
                 "[http][server]") {
  serve();
  RawClient client(loop, server->address(), "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return streams.size() == 1; }));
  CHECK(streams[0].is_open());
  CHECK(streams[0].write("hello"));
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: "
      "keep-alive\r\n\r\n";
  REQUIRE(run_until([&] { return client.got == head + "5\r\nhello\r\n"; }));
  streams[0].end();
  CHECK_FALSE(streams[0].is_open());
  CHECK_FALSE(streams[0].write("more"));
  client.say("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return client.got == head + "5\r\nhello\r\n0\r\n\r\n" + ok("GET /a "); }));
}

TEST_CASE_METHOD(Serving, "a stream for HTTP/1.0 ends with the connection, for HEAD it is only a head",
                 "[http][server]") {
  serve();
  RawClient old(loop, server->address(), "GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  REQUIRE(run_until([&] { return streams.size() == 1; }));
  streams[0].write("hello");
  streams.clear();
  REQUIRE(run_until([&] { return old.ended; }));
  CHECK(old.got == "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nhello");
  RawClient head(loop, server->address(), "HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return streams.size() == 1 && !head.got.empty(); }));
  CHECK_FALSE(streams[0].is_open());
}

TEST_CASE_METHOD(Serving, "a stream knows when its client has gone", "[http][server]") {
  serve();
  RawClient polite(loop, server->address(), "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient rude(loop, server->address(), "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return streams.size() == 2; }));
  polite.end();
  rude.reset();
  REQUIRE(run_until([&] { return !streams[0].is_open() && !streams[1].is_open(); }));
  CHECK_FALSE(streams[0].write("x"));
  CHECK(server->connections() == 0);
}

TEST_CASE_METHOD(Serving, "a stream's client that does not read is dropped at a bound", "[http][server]") {
  serve({.max_stream_queue = 100000});
  RawClient client(loop, server->address(), "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return streams.size() == 1; }));
  client.stop_reading();
  std::size_t written = 0;
  while (streams[0].write(std::string(10000, 'x'))) {
    written += 10000;
    run_turns(1);
    REQUIRE(written < (std::size_t{64} << 20));
  }
  CHECK_FALSE(streams[0].is_open());
  run_turns();
  CHECK(server->connections() == 0);
}

TEST_CASE_METHOD(Serving, "a stream's client that reads nothing of a little is dropped after a while",
                 "[http][server]") {
  serve({.write_timeout = 100ms, .max_stream_queue = std::size_t{64} << 20});
  RawClient client(loop, server->address(), "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return streams.size() == 1; }));
  client.stop_reading();
  CHECK(streams[0].write(std::string(std::size_t{16} << 20, 'x')));
  REQUIRE(run_until([&] { return !streams[0].is_open(); }));
}

TEST_CASE_METHOD(Serving, "responders and streams may outlive their client and the server",
                 "[http][server]") {
  serve();
  RawClient gone(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient stays(loop, server->address(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient streamed(loop, server->address(), "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return later.size() == 2 && streams.size() == 1; }));
  gone.reset();
  run_turns();
  later[0].send(text_response(200, "to nobody"));
  later[1].send(text_response(200, "yes"));
  run_until([&] { return !stays.got.empty(); });
  server.reset();
  CHECK_FALSE(later[1].is_open());
  later[1].send(text_response(200, "too late"));
  CHECK_FALSE(streams[0].is_open());
  CHECK_FALSE(streams[0].write("too late"));
  REQUIRE(run_until([&] { return streamed.ended || !streamed.broken.empty(); }));
}
