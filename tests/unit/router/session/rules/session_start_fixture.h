// StartFixture: a SessionStart, and the bytes that clients and servers send it.
#pragma once

#include <catch2/catch.hpp>

#include "common/base/proxy_protocol.h"
#include "common/postgres/error_response.h"
#include "router/session/rules/session_start.h"

namespace tamada::router {

inline const Address peer = *Address::from_ip("192.0.2.7", 40000);
inline const Address local = *Address::from_ip("192.0.2.1", 5000);

inline std::string startup_message() {
  return postgres::build_startup_message(
      {3, 0, {{"user", "alice"}, {"database", "shop"}, {"application_name", "psql"}}});
}

inline std::string message(char type, const std::string& body) {
  std::string out(1, type);
  append_u32(out, static_cast<std::uint32_t>(body.size() + 4));
  return out + body;
}

inline std::string u32(std::uint32_t value) {
  std::string out;
  append_u32(out, value);
  return out;
}

inline const std::string auth_ok = message('R', u32(0));
inline const std::string auth_sasl = message('R', u32(10) + std::string("SCRAM-SHA-256\0\0", 15));
inline const std::string key_data = message('K', u32(4242) + "\x01\x02\x03\x04");
inline const std::string ready = message('Z', "I");
inline const std::string starting_up = postgres::build_fatal("57P03", "the database system is starting up");
inline const std::string wrong_password = postgres::build_fatal("28P01", "password authentication failed");
inline const Refusal no_leader{"57P03", "no leader for 60 s", "retry"};

struct StartFixture {
  ClientRules rules;
  std::optional<SessionStart> start;

  StartFixture() { start.emplace(rules, peer, local); }
  SessionStart& operator*() { return *start; }
  StartStep client(const std::string& bytes) { return start->client_bytes(as_bytes(bytes)); }
  StartStep server(const std::string& bytes) { return start->server_bytes(as_bytes(bytes)); }
  // Up to the server's connection, with `first` sent to it.
  void up_to_server(const std::string& first) {
    REQUIRE(client(first).next == StartNext::admit);
    const StartStep step = start->server_connected();
    REQUIRE(step.to_server == first);
  }
  // The client was told N by a server.
  void up_to_n() {
    up_to_server(postgres::build_ssl_request());
    const StartStep step = server("N");
    REQUIRE(step.to_client == "N");
    REQUIRE(step.next == StartNext::wait_client);
  }
};

}  // namespace tamada::router
