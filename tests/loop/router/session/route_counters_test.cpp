// What the workers count, with real sockets. Two workers: most of it is summed over both.
#include <catch2/catch.hpp>

#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

namespace {

class CountersFixture : public PoolFixture {
 public:
  RouteStatus route(NodeId node = NodeId{1}, ListenerId id = write_port) {
    for (const RouteStatus& one : status(id).routes) {
      if (one.node == node) return one;
    }
    return {};
  }
  // Waits for a count that some worker is about to make.
  bool counts(std::uint64_t RouteTotals::*what, std::uint64_t value, NodeId node = NodeId{1}) {
    return run_until([&] { return route(node).totals.*what == value; });
  }
};

}  // namespace

TEST_CASE_METHOD(CountersFixture, "each node's bytes, sessions and times are its own", "[counters]") {
  FakeServer first;
  FakeServer second;
  configure();
  const TimePoint before = loop::boot_now();
  publish({{write_port, NodeId{1}, first.address()}, {read_port, NodeId{2}, second.address()}});
  std::vector<std::pair<Peer, Peer>> writers;
  for (int i = 0; i < 4; ++i) writers.push_back(session(first));
  auto [reader, replica] = session(second, read_port);
  for (auto& [client, backend] : writers) {
    client.send("12345");
    REQUIRE(backend.reads("12345"));
    backend.send("abc");
    REQUIRE(client.reads("abc"));
  }
  const std::uint64_t up = 4 * (startup_packet.size() + 5);
  const std::uint64_t down = 4 * (auth_ok.size() + pg_key(1, "key!").size() + ready.size() + 3);
  CHECK(counts(&RouteTotals::up_bytes, up));
  CHECK(counts(&RouteTotals::down_bytes, down));
  CHECK_SOON(status().totals.up_bytes == up);
  CHECK_SOON(status().totals.down_bytes == down);
  RouteStatus write = route();
  CHECK(write.sessions == 4);
  CHECK(write.sessions_max == 4);
  CHECK(write.weight == 1);
  CHECK(write.totals.granted == 4);
  CHECK(write.totals.sessions_total == 4);
  CHECK(write.totals.connect.count == 4);
  CHECK(write.totals.first_answer.count == 4);
  CHECK(write.totals.wait.count == 4);
  CHECK(write.totals.session.count == 0);  // none is over
  REQUIRE(write.last_session);
  CHECK(*write.last_session >= before);
  CHECK(*write.last_session <= loop::boot_now());
  CHECK_SOON(status().totals.waits.total() == 4);
  CHECK(route(NodeId{2}).node == NodeId{});  // never on the write listener
  CHECK_SOON(route(NodeId{2}, read_port).totals.sessions_total == 1);
  for (auto& [client, backend] : writers) {
    client.close();
    backend.close();
  }
  CHECK(run_until([&] { return route().totals.session.count == 4; }));
  CHECK(route().totals.client_aborts == 0);
  CHECK(route().sessions == 0);
  CHECK_SOON(route().sessions_max == 4);
}

TEST_CASE_METHOD(CountersFixture, "connections that fail count for the node that failed", "[counters]") {
  const UniqueFd closed = loop::closed_port();
  FakeServer good;
  configure();
  publish({{write_port, NodeId{1}, loop::socket_address(closed.get())}});
  Peer client = start();
  CHECK(run_until([&] { return route().totals.connect_errors >= 1; }));
  publish({{write_port, NodeId{2}, good.address()}});
  Peer backend = good.accept();
  REQUIRE(backend.reads(startup_packet));
  CHECK_SOON(route().totals.connect_errors == route().totals.retried);
  CHECK_SOON(route().totals.granted == route().totals.retried);
  CHECK(route().totals.sessions_total == 0);
  CHECK(route().totals.up_bytes == 0);
  CHECK(counts(&RouteTotals::sessions_total, 1, NodeId{2}));
  CHECK(counts(&RouteTotals::up_bytes, startup_packet.size(), NodeId{2}));
  CHECK_SOON(status().totals.retried == route().totals.retried);
}

TEST_CASE_METHOD(CountersFixture, "answers that are none count for the node that gave them", "[counters]") {
  FakeServer server;
  configure();
  lead(server);
  SECTION("a server that starts up") {
    Peer client = start();
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    backend.send(starting_up);
    CHECK(counts(&RouteTotals::response_errors, 1));
    CHECK(counts(&RouteTotals::retried, 1));
    CHECK(route().totals.server_aborts == 0);
  }
  SECTION("a server that closes") {
    Peer client = start();
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    backend.close();
    CHECK(counts(&RouteTotals::response_errors, 1));
    CHECK(counts(&RouteTotals::retried, 1));
  }
  SECTION("a server that closes in the middle of its answer") {
    Peer client = start();
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    backend.send(auth_ok);
    REQUIRE(client.reads(auth_ok));
    backend.close();
    CHECK(client.reads_end());
    CHECK(counts(&RouteTotals::response_errors, 1));
    CHECK(route().totals.retried == 0);
  }
}

TEST_CASE_METHOD(CountersFixture, "who broke a session off is counted", "[counters]") {
  FakeServer server;
  configure();
  lead(server);
  SECTION("the client, by a reset") {
    auto [client, backend] = session(server);
    client.close_with_reset();
    CHECK(counts(&RouteTotals::client_aborts, 1));
    CHECK(route().totals.server_aborts == 0);
  }
  SECTION("the client, before the start-up was over") {
    Peer client = start();
    Peer backend = server.accept();
    REQUIRE(backend.reads(startup_packet));
    client.close();
    CHECK(counts(&RouteTotals::client_aborts, 1));
    CHECK(route().totals.response_errors == 0);
  }
  SECTION("the client, while it waited") {
    publish({});
    Peer client = start();
    REQUIRE(has_waiting(1));
    client.close();
    CHECK(run_until([&] { return status().nowhere.client_aborts == 1; }));
    CHECK_SOON(status().all_routes.client_aborts == 1);
    CHECK_SOON(status().totals.waits.total() == 1);
  }
  SECTION("nobody: a client that says nothing is a health check") {
    Peer client = connect();
    client.close();
    CHECK(run_until([&] { return status().totals.accepted == 1; }));
    CHECK(status().all_routes.client_aborts == 0);
    CHECK(status().totals.waits.total() == 0);
  }
  SECTION("the server, by a reset") {
    auto [client, backend] = session(server);
    backend.close_with_reset();
    CHECK(counts(&RouteTotals::server_aborts, 1));
    CHECK(route().totals.client_aborts == 0);
  }
  SECTION("the router, because the node lost its role") {
    auto [client, backend] = session(server);
    auto [other_client, other_backend] = session(server);
    REQUIRE(is_acknowledged(cut(NodeId{1})));
    CHECK_SOON(route().totals.cut == 2);
    CHECK_SOON(route().totals.session.count == 2);
  }
}

TEST_CASE_METHOD(CountersFixture, "waits are counted when they are over, also those in vain", "[counters]") {
  FakeServer server;
  writes().policy.hold = 300ms;
  configure();
  Peer in_vain = start();
  REQUIRE(has_waiting(1));
  CHECK(status().oldest_wait.has_value());
  CHECK_SOON(status().waiting_max == 1);
  CHECK(status().totals.waits.total() == 0);
  CHECK_FALSE(in_vain.read_to_end().empty());
  CHECK(run_until([&] { return status().totals.waits.total() == 1; }));
  CHECK_SOON(status().nowhere.wait.count == 1);
  CHECK_SOON(status().nowhere.wait.max_ms >= 300);
  CHECK_SOON(status().longest_wait >= 300ms);
  CHECK_FALSE(status().oldest_wait.has_value());
  CHECK_SOON(status().totals.waits.sum_s >= 0.3);
  lead(server);
  auto [client, backend] = session(server);
  CHECK(run_until([&] { return status().totals.waits.total() == 2; }));
  CHECK_SOON(route().totals.wait.count == 1);
}

TEST_CASE_METHOD(CountersFixture, "clearing begins anew without touching what the workers count",
                 "[counters]") {
  FakeServer server;
  configure();
  lead(server);
  std::vector<std::pair<Peer, Peer>> sessions;
  for (int i = 0; i < 4; ++i) sessions.push_back(session(server));
  for (int i = 0; i < 3; ++i) {
    sessions.back().first.close();
    sessions.back().second.close();
    sessions.pop_back();
  }
  REQUIRE(run_until([&] { return route().totals.session.count == 3; }));
  REQUIRE(route().sessions_max == 4);
  pool->clear_maxima();
  CHECK_SOON(route().sessions_max == 1);
  CHECK_SOON(status().sessions_max == 1);
  CHECK(route().totals.session.max_ms == 0);
  CHECK_SOON(route().totals.sessions_total == 4);
  pool->clear_counters();
  auto seen = [&] {
    std::vector<ListenerStatus> all = pool->status();
    pool->subtract_cleared(all);
    return all.at(0);
  };
  CHECK(seen().totals.accepted == 0);
  CHECK(seen().routes.at(0).totals.sessions_total == 0);
  CHECK_SOON(seen().sessions == 1);
  sessions.push_back(session(server));
  CHECK(run_until([&] { return seen().totals.accepted == 1; }));
  CHECK_SOON(seen().routes.at(0).totals.sessions_total == 1);
  CHECK_SOON(status().totals.accepted == 5);
}

TEST_CASE_METHOD(CountersFixture, "a weight takes sessions away from a node, also from those that wait",
                 "[counters]") {
  FakeServer first;
  FakeServer second;
  configure();
  publish({{read_port, NodeId{1}, first.address()}, {read_port, NodeId{2}, second.address()}});
  pool->set_weight(read_port, NodeId{1}, 0);
  std::vector<std::pair<Peer, Peer>> sessions;
  for (int i = 0; i < 4; ++i) sessions.push_back(session(second, read_port));
  CHECK(route(NodeId{1}, read_port).weight == 0);
  pool->set_weight(read_port, NodeId{2}, 0);
  configure();  // weights stay
  Peer waits = start(read_port);
  REQUIRE(has_waiting(1, read_port));
  pool->set_weight(read_port, NodeId{1}, 256);
  CHECK(first.accept().reads(startup_packet));
  CHECK_SOON(route(NodeId{1}, read_port).weight == 256);
  CHECK_SOON(status(read_port).sessions == 5);
}

TEST_CASE_METHOD(CountersFixture, "the first start on a leader is told once, when it was", "[counters]") {
  FakeServer server;
  FakeServer next;
  configure();
  publish({{write_port, NodeId{1}, server.address()}, {read_port, NodeId{2}, next.address()}});
  auto before = session(server);
  pool->tell_first_start(NodeId{2});
  auto reader = session(next, read_port);  // on that node, but nobody writes there
  auto elsewhere = session(server);
  run_for(30ms);
  CHECK(first_starts.empty());
  lead(next, NodeId{2});
  Peer client = start();
  Peer backend = next.accept();
  REQUIRE(backend.reads(startup_packet));
  const TimePoint not_before = loop::boot_now();
  run_for(30ms);
  CHECK(first_starts.empty());
  backend.send(auth_ok + ready);
  REQUIRE(run_until([&] { return !first_starts.empty(); }));
  CHECK(first_starts[0].first == NodeId{2});
  CHECK(first_starts[0].second >= not_before);
  CHECK(first_starts[0].second <= loop::boot_now());
  auto later = session(next);
  run_for(30ms);
  CHECK(first_starts.size() == 1);
}
