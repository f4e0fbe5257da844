// What workers do with sessions that run when their table has run out (RoutingTable::good_until), as after
// the process was stopped: nothing that clients sent reaches the node until a newer table allows it.
#include <catch2/catch.hpp>

#include "common/loop/clock.h"
#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

namespace {

class StaleTable : public PoolFixture {
 public:
  StaleTable() {
    configure();
    lead(server);
  }
  // As after a standstill: nothing may be passed on yet.
  void allow_nothing(ListenerId listener = write_port) {
    good_for = 0s;
    REQUIRE(is_acknowledged(publish({{listener, NodeId{1}, server.address()}})));
    good_for.reset();
  }
  FakeServer server;
};

}  // namespace

TEST_CASE_METHOD(StaleTable, "what clients send waits while the table has run out, and goes on with the next",
                 "[stale_table]") {
  auto [client, backend] = session(server);
  allow_nothing();
  client.send("select");
  CHECK(backend.is_quiet());
  // The other direction goes on.
  backend.send("notice");
  CHECK(client.reads("notice"));
  // Allowed by nobody yet: a newer table alone is not enough.
  allow_nothing();
  CHECK(backend.is_quiet());
  lead(server);
  CHECK(backend.reads("select"));
  backend.send("result");
  CHECK(client.reads("result"));
  CHECK(logs("table.renewed"));
}

TEST_CASE_METHOD(StaleTable, "a table that runs out by itself stops the next bytes", "[stale_table]") {
  auto [client, backend] = session(server);
  good_for = 20ms;
  REQUIRE(is_acknowledged(lead(server)));
  good_for.reset();
  const TimePoint out = loop::boot_now() + 20ms;
  REQUIRE(run_until([&] { return loop::boot_now() > out; }));
  client.send("too late");
  CHECK(backend.is_quiet());
  CHECK(logs("table.ran_out"));
  REQUIRE(is_acknowledged(cut(NodeId{1}, CutCause::superseded)));
  CHECK(backend.read_to_end().empty());
  CHECK(client.reads_end());
}

TEST_CASE_METHOD(StaleTable, "bytes that the server had not taken yet wait as well", "[stale_table]") {
  auto [client, backend] = session(server);
  // Until neither the server, nor the router, nor the kernel takes any more. Large: passed on by the kernel.
  const std::size_t sent = fill_way_from(client);
  allow_nothing();
  // What the kernel had taken for the server before is on its way; what was in the router and behind it is
  // not.
  constexpr std::size_t chunk = std::size_t{64} * 1024;
  std::size_t arrived = 0;
  while (loop::is_readable(backend.fd(), 200)) {
    const std::size_t got = backend.read(chunk).size();
    if (got == 0) break;
    arrived += got;
    if (got < chunk) break;
  }
  CHECK(arrived < sent);
  SECTION("and go on") {
    lead(server);
    client.close();
    CHECK(arrived + backend.read_to_end().size() == sent);
  }
  SECTION("or are dropped with the session") {
    REQUIRE(is_acknowledged(cut(NodeId{1}, CutCause::superseded)));
    CHECK(backend.reads_reset());
  }
}

TEST_CASE_METHOD(StaleTable, "a client that starts on a server while the table has run out is sent nowhere",
                 "[stale_table]") {
  allow_nothing();
  Peer client = connect();
  client.send(startup_packet + "and a query behind it");
  Peer backend = server.accept();
  CHECK(backend.read_to_end().empty());
  FakeServer next;
  REQUIRE(is_acknowledged(lead(next, NodeId{2})));
  CHECK(next.accept().reads(startup_packet + "and a query behind it"));
}

TEST_CASE_METHOD(StaleTable, "readers of a replica go on, those of the leader wait with the writers",
                 "[stale_table]") {
  publish({{read_port, NodeId{1}, server.address()}});
  auto [client, backend] = session(server, read_port);
  allow_nothing(read_port);
  client.send("select");
  CHECK(backend.reads("select"));
  written_to = {NodeId{1}};
  allow_nothing(read_port);
  client.send("insert");
  CHECK(backend.is_quiet());
  written_to = {NodeId{2}};
  allow_nothing(read_port);
  CHECK(backend.reads("insert"));
}

TEST_CASE_METHOD(StaleTable, "a held session can be ended by its server and by hand", "[stale_table]") {
  auto [client, backend] = session(server);
  allow_nothing();
  client.send("select");
  SECTION("by its server") {
    backend.send("57P01");
    backend.close();
    CHECK(client.reads("57P01"));
    CHECK(client.reads_end());
    lead(server);
    client.close();
    CHECK(has_sessions(0));
  }
  SECTION("by hand") {
    bool ended = false;
    pool->end_sessions(NodeId{1}, {}, [&](std::uint64_t count) { ended = count == 1; });
    REQUIRE(run_until([&] { return ended; }));
    CHECK(backend.reads_reset());
    CHECK(client.reads_end());
  }
}
