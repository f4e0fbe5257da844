// Serving: the REST API of an agent on a free port of the loopback, with a backend that records, and clients that know nothing
// of our own HTTP.
#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>

#include "agent/api/api_server.h"
#include "common/loop/clock.h"
#include "tests/loop/agent/api/api_snapshots.h"
#include "tests/loop/common/http/http_raw_client.h"
#include "tests/support/agent_api_backend.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"

namespace tamada::agent {

struct Serving : loop::LoopFixture {
  struct Reply {
    int status = 0;
    std::string head;
    std::string body;
  };

  Serving() : resolver(loop) {}

  void serve(const ApiOptions& options = {}) {
    api.emplace(loop, resolver, backend);
    REQUIRE(api->configure(options));
    REQUIRE(api->listen({loop::loopback()}));
  }
  void publish(const NodeSnapshot& snapshot) {
    api->publish(std::make_shared<const NodeSnapshot>(made_now(snapshot)));
  }
  [[nodiscard]] Address address() const { return api->addresses().front(); }

  // What comes back until the server closes, or resets.
  std::string answer(const std::string& bytes) {
    http::RawClient client(loop, address(), bytes);
    run_until([&] { return client.ended || !client.broken.empty(); });
    return client.got;
  }
  static Reply parse(const std::string& bytes) {
    Reply reply;
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos || bytes.size() < 12) return reply;
    reply.status = std::stoi(bytes.substr(9, 3));
    reply.head = bytes.substr(0, end + 2);
    reply.body = bytes.substr(end + 4);
    return reply;
  }
  static std::string request(const std::string& method, const std::string& target,
                             const std::string& body = "", const std::string& fields = "") {
    std::string bytes = method + " " + target + " HTTP/1.0\r\n" + fields;
    if (!body.empty()) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return bytes + "\r\n" + body;
  }
  Reply ask(const std::string& method, const std::string& target, const std::string& body = "",
            const std::string& fields = "") {
    return parse(answer(request(method, target, body, fields)));
  }

  loop::Resolver resolver;
  RecordingBackend backend;
  std::optional<ApiServer> api;
};

// "200 restarted successfully"
inline std::string words(const Serving::Reply& reply) {
  return std::to_string(reply.status) + " " + reply.body;
}

}  // namespace tamada::agent
