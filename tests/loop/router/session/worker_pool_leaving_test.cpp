// How a pool stops to serve, and how it begins where another process serves still.
#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE_METHOD(PoolFixture, "draining ends who waits with 57P01 and lets sessions go on", "[worker_pool]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  publish({});
  Peer waiting = start();
  REQUIRE(has_waiting(1));
  const Address port = address_of(write_port);
  SECTION("until the last has ended") {
    pool->drain({.limit = 60s, .end_waiting = true});
    CHECK(waiting.read_to_end().find("57P01") != std::string::npos);
    CHECK_FALSE(loop::raw_client(port).is_open());
    CHECK_FALSE(pool->is_listening());
    client.send("goes on");
    CHECK(backend.reads("goes on"));
    CHECK_FALSE(drained);
    client.close();
    backend.close();
    CHECK(run_until([&] { return drained; }));
  }
  SECTION("until the limit") {
    pool->drain({.limit = 50ms, .end_waiting = true});
    CHECK(waiting.read_to_end().find("57P01") != std::string::npos);
    CHECK(run_until([&] { return drained; }));
    CHECK(client.reads_end());
    CHECK(backend.reads_reset());
    CHECK(logs("why=drain-limit"));
  }
}

struct OneWorkerDrains : PoolFixture {
  OneWorkerDrains() : PoolFixture(1) {}
};
TEST_CASE_METHOD(OneWorkerDrains,
                 "who was accepted before a drain and asks in it is served where a node is fit",
                 "[worker_pool]") {
  FakeServer server;
  configure();
  publish({});
  Peer waiting = start();
  REQUIRE(has_waiting(1));
  Peer early = connect();
  const auto there = std::make_shared<std::uint64_t>(0);
  REQUIRE(run_until([&] {
    pool->sessions([there](const SessionList& list) { *there = list.total; });
    return *there == 2;
  }));
  pool->drain({.limit = 60s, .end_waiting = true});
  CHECK(waiting.read_to_end().find("57P01") != std::string::npos);  // the worker knows
  SECTION("where one is") {
    REQUIRE(is_acknowledged(lead(server)));
    early.send(startup_packet);
    Peer backend = server.accept();
    CHECK(backend.reads(startup_packet));
  }
  SECTION("and told where none is") {
    early.send(startup_packet);
    CHECK(early.read_to_end().find("57P01") != std::string::npos);
  }
  SECTION("and ended soon where he says nothing") {
    CHECK(run_until([&] { return drained; }));
  }
}

TEST_CASE_METHOD(PoolFixture, "a soft stop lets who waits go on waiting and serves him", "[worker_pool]") {
  FakeServer server;
  configure();
  publish({});
  Peer waiting = start();
  REQUIRE(has_waiting(1));
  const Address port = address_of(write_port);
  pool->drain({});
  CHECK_FALSE(loop::raw_client(port).is_open());
  CHECK(waiting.is_quiet());
  CHECK_FALSE(drained);
  lead(server);
  Peer backend = server.accept();
  REQUIRE(backend.reads(startup_packet));
  backend.send(auth_ok + pg_key(1, "key!") + ready);
  CHECK(waiting.reads(auth_ok + pg_key(1, "key!") + ready));
  SECTION("until he goes") {
    waiting.close();
    backend.close();
    CHECK(run_until([&] { return drained; }));
  }
  SECTION("until it is limited") {
    pool->drain({.limit = 50ms, .end_waiting = true});
    CHECK(run_until([&] { return drained; }));
    CHECK(waiting.reads_end());
  }
}

TEST_CASE_METHOD(PoolFixture, "ports that are kept or left go on to listen where somebody has them",
                 "[worker_pool]") {
  configure();
  const Address port = address_of(write_port);
  auto shared = pool->share();
  REQUIRE(shared);
  REQUIRE(shared->size() == 2);
  CHECK(shared->at(0).address == port);
  SECTION("kept, until they are closed") {
    pool->drain({.ports = Leaving::Ports::keep});
    REQUIRE(run_until([&] { return drained; }));
    CHECK(loop::raw_client(port).is_open());
    pool->close_ports();
    CHECK_FALSE(loop::raw_client(port).is_open());
  }
  SECTION("left") {
    pool->drain({.ports = Leaving::Ports::leave});
    REQUIRE(run_until([&] { return drained; }));
    CHECK_FALSE(pool->is_listening());
    CHECK(loop::raw_client(port).is_open());
  }
}

TEST_CASE_METHOD(PoolFixture, "a pool that is held back leaves clients in the backlog until it accepts",
                 "[worker_pool]") {
  pool->hold_back();
  configure();
  publish({});
  Peer client = start();
  run_for(50ms);
  CHECK(status().held == 0);
  REQUIRE(pool->accept_from_now_on(config).empty());
  CHECK(has_waiting(1));
}
