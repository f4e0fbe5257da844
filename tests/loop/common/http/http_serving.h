#pragma once

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/server.h"
#include "tests/loop/common/http/http_raw_client.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"

namespace tamada::http {

// The whole answer to a request that went well.
inline std::string ok(std::string_view body, std::string_view connection = "keep-alive") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: " + std::string(connection) + "\r\n\r\n" + std::string(body);
}

// Answers /echo with method, target and body; keeps the responder of /later; opens a stream for /events.
struct Serving : loop::LoopFixture {
  void serve(const ServerOptions& options = {}) {
    server.emplace(loop, options, [this](const Request& request, const Peer& from, Responder responder) {
      ++requests;
      peer = from.address;
      if (request.path == "/later") {
        later.emplace_back(std::move(responder));
      } else if (request.path == "/check") {
        responder.send_status_line(503);
      } else if (request.path == "/events") {
        streams.push_back(responder.stream(200, {{"Content-Type", "text/event-stream"}}));
      } else if (request.path != "/silent") {
        Response response;
        response.status = request.path == "/empty" ? 204 : 200;
        response.body = request.method + " " + request.path + " " + request.body + std::string(fat, 'x');
        responder.send(response);
      }
    });
    REQUIRE(server->listen(loop::loopback()));
  }

  // What the server says to these bytes until it closes, or until `enough` stands there.
  std::string answer(std::string_view bytes, std::string_view enough = "") {
    RawClient client(loop, server->address(), bytes);
    run_until(
        [&] { return client.ended || (!enough.empty() && client.got.find(enough) != std::string::npos); },
        5s);
    CHECK(client.broken.empty());
    return client.got;
  }

  // Streams and responders go before the server in some tests; the server goes first in others.
  std::vector<Responder> later;
  std::vector<ResponseStream> streams;
  std::optional<Server> server;
  Address peer;
  int requests = 0;
  std::size_t fat = 0;
};

}  // namespace tamada::http
