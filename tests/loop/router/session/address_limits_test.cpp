// What one client address may have on a listener.
#include <catch2/catch.hpp>

#include "router/session/worker.h"
#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

namespace {

const std::string ssl_request = postgres::build_ssl_request();

std::string proxy_line(const std::string& client) {
  return "PROXY TCP4 " + client + " 192.0.2.1 1234 5000\r\n";
}

// One worker: who connected first is let in first. Nothing shows when a silent client has been let in.
struct OneWorker : PoolFixture {
  OneWorker() : PoolFixture(1) {}
};

}  // namespace

TEST_CASE_METHOD(OneWorker, "an address has as many connections as it may, silent ones too",
                 "[address_limits]") {
  FakeServer server;
  writes().max_connections_per_address = 3;
  configure();
  lead(server);
  auto running = session(server);
  std::vector<Peer> silent;
  for (int i = 0; i < 2; ++i) silent.push_back(connect());
  SECTION("who is refused is told so, with its address") {
    Peer refused = start();
    const std::string words = refused.read_to_end();
    CHECK(words.find("53300") != std::string::npos);
    CHECK(words.find("127.0.0.1 has reached its limit of connections to listener \"write\" (3)") !=
          std::string::npos);
  }
  SECTION("in its turn, after an SSLRequest") {
    Peer refused = connect();
    refused.send(ssl_request);
    CHECK(refused.reads("N"));
    refused.send(startup_packet);
    CHECK(refused.read_to_end().find("53300") != std::string::npos);
  }
  SECTION("one that never comes to its turn is ended soon") {
    Peer refused = connect();
    CHECK(refused.reads_end());
  }
  CHECK(logs("why=address-limit"));
  CHECK(run_until([&] { return status().totals.address_limited == 1; }));
  CHECK_SOON(status().totals.refused == 1);
  CHECK_SOON(status().totals.accepted == 4);
  CHECK_SOON(status().arriving == 2);

  // Places are free again: of a session that ended, and of a silent one.
  running.first.close();
  running.second.close();
  REQUIRE(has_sessions(0));
  auto next = session(server);
  silent.clear();
  REQUIRE(run_until([&] { return status().arriving == 0; }));
  auto last = session(server);
}

TEST_CASE_METHOD(PoolFixture,
                 "an address has as many start-ups as it may, those that wait for a server included",
                 "[address_limits]") {
  FakeServer server;
  writes().max_starting_per_address = 2;
  configure();
  Peer one = start();
  Peer two = start();
  REQUIRE(has_waiting(2));
  CHECK(start().read_to_end().find(
            "127.0.0.1 has reached its limit of connections to listener \"write\" that are "
            "starting (2)") != std::string::npos);
  lead(server);
  for (Peer* client : {&one, &two}) {
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    backend.send(auth_ok + ready);
    REQUIRE((client->is_open() && backend.is_open()));
  }
  REQUIRE(run_until([&] { return status().sessions == 0 || status().starting == 0; }));
  auto third = session(server);
}

TEST_CASE_METHOD(PoolFixture, "a cancel request passes by the limits", "[address_limits]") {
  FakeServer server;
  writes().max_connections_per_address = 1;
  configure();
  lead(server);
  auto [client, backend] = session(server, write_port, 7, "seven");
  const std::string packet = postgres::build_cancel_request({7, "seven"});
  Peer canceller = connect();
  canceller.send(packet);
  Peer cancelled = server.accept();
  CHECK(cancelled.reads(packet));
  cancelled.close();
  CHECK(canceller.reads_end());
}

TEST_CASE_METHOD(OneWorker, "invented cancel requests do not keep a real one from its server",
                 "[address_limits]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server, write_port, 7, "seven");
  for (std::size_t i = 0; i < Worker::unknown_cancels_max + 10; ++i) {
    connect().send(postgres::build_cancel_request({8, "invented"}));
  }
  REQUIRE(logs("cancel.dropped listener=write client=127.0.0.1:"));
  CHECK(log_text().find("known=false") != std::string::npos);
  const std::string packet = postgres::build_cancel_request({7, "seven"});
  connect().send(packet);
  std::vector<Peer> cancels;  // none is answered
  CHECK(run_until([&] {
    cancels.push_back(server.accept());
    return cancels.back().is_open() && cancels.back().reads(packet);
  }));
}

TEST_CASE_METHOD(PoolFixture, "who has connected and says nothing is counted while it is there",
                 "[address_limits]") {
  configure();
  Peer silent = connect();
  CHECK(run_until([&] { return status().totals.accepted == 1 && status().arriving == 1; }));
  silent.close();
  CHECK(run_until([&] { return status().totals.accepted == 1 && status().arriving == 0; }));
}

TEST_CASE_METHOD(PoolFixture, "behind a load balancer the address in the PROXY header counts",
                 "[address_limits]") {
  FakeServer server;
  writes().proxy_protocol_from = {*Network::parse("127.0.0.0/8")};
  writes().max_connections_per_address = 1;
  configure();
  lead(server);
  std::vector<Peer> kept;
  kept.push_back(connect());  // of nobody yet
  for (const char* client : {"198.51.100.1", "198.51.100.2"}) {
    Peer peer = connect();
    peer.send(proxy_line(client) + startup_packet);
    kept.push_back(server.accept());
    REQUIRE(kept.back().reads(startup_packet));
    kept.push_back(std::move(peer));
  }
  Peer refused = connect();
  refused.send(proxy_line("198.51.100.1") + startup_packet);
  CHECK(refused.read_to_end().find("198.51.100.1 has reached its limit") != std::string::npos);
}

TEST_CASE_METHOD(OneWorker,
                 "a crowd of one address is refused without a word, once enough of it are being told",
                 "[address_limits]") {
  writes().max_connections_per_address = 1;
  configure();
  Peer first = connect();
  std::vector<Peer> crowd;
  for (int i = 0; i < 60; ++i) crowd.push_back(connect());
  CHECK(run_until([&] { return status().totals.address_limited == 60; }));
  for (Peer& peer : crowd) CHECK(peer.reads_end());
  CHECK(first.is_quiet());
}
