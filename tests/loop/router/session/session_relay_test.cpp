// A session that runs: what passes between both sides, and how it ends.
#include <catch2/catch.hpp>

#include "router/session/session.h"
#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE_METHOD(PoolFixture, "a session is relayed both ways and has its line in the log", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  client.send("select");
  CHECK(backend.reads("select"));
  backend.send("result");
  CHECK(client.reads("result"));
  CHECK_SOON(status().sessions == 1);
  CHECK(run_until([&] { return status().starting == 0; }));
  client.close();
  CHECK(backend.reads_end());
  backend.close();
  REQUIRE(logs("session.end"));
  const std::string text = log_text();
  CHECK(text.find("listener=write node=node-1") != std::string::npos);
  CHECK(text.find("user=alice database=shop") != std::string::npos);
  CHECK(text.find("ended_by=client phase=closing why=closed") != std::string::npos);
  CHECK(text.find("haproxy=--") != std::string::npos);
  CHECK(has_sessions(0));
  CHECK_SOON(status().totals.up_bytes == startup_packet.size() + 6);
  CHECK_SOON(status().totals.accepted == 1);
}

TEST_CASE_METHOD(PoolFixture, "the bytes of a running session are counted while it runs", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  const std::uint64_t before = status().totals.down_bytes;
  backend.send("12345");
  REQUIRE(client.reads("12345"));
  CHECK(run_until([&] { return status().totals.down_bytes == before + 5; }));
}

TEST_CASE_METHOD(PoolFixture, "a server's last words arrive before its end", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  const std::string words =
      postgres::build_fatal("57P01", "terminating connection due to administrator command");
  backend.send(words);
  backend.close();
  CHECK(client.reads(words));
  CHECK(client.reads_end());
  client.close();
  REQUIRE(logs("ended_by=server phase=closing why=closed"));
}

TEST_CASE_METHOD(PoolFixture, "half of a connection may be closed and the other half goes on", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  client.send("last");
  client.send_fin();
  CHECK(backend.reads("last"));
  CHECK(backend.reads_end());
  backend.send("answer");
  backend.close();
  CHECK(client.reads("answer"));
  CHECK(client.reads_end());
}

TEST_CASE_METHOD(PoolFixture, "a reset passes through in both directions", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  SECTION("from the client") {
    auto [client, backend] = session(server);
    client.close_with_reset();
    CHECK(backend.reads_reset());
    CHECK(logs("ended_by=client phase=relay why=reset"));
    CHECK(logs("haproxy=CD"));
  }
  SECTION("from the server") {
    auto [client, backend] = session(server);
    backend.close_with_reset();
    CHECK(client.reads_reset());
    CHECK(logs("ended_by=server phase=relay why=reset"));
    CHECK(run_until([&] { return !hints.empty(); }));
    CHECK(hints.at(0).kind == SessionHint::Kind::reset);
    CHECK(hints.at(0).node == NodeId{1});
  }
}

TEST_CASE_METHOD(PoolFixture, "a slow reader stops the sender and gets every byte", "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  // Until nobody takes any more: what fits is the kernel's buffers and one read of ours.
  const std::size_t sent = fill_way_from(backend);
  CHECK(status().totals.down_bytes < sent + auth_ok.size() + 100);
  backend.close();
  CHECK(client.read_to_end().size() == sent);
}

TEST_CASE_METHOD(PoolFixture, "after one side has closed the other has fin_timeout", "[session]") {
  FakeServer server;
  writes().fin_timeout = 80ms;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  SECTION("the server does not follow") {
    client.send_fin();
    CHECK(backend.reads_end());
    CHECK(logs("why=server-fin-timeout"));
  }
  SECTION("the client does not follow") {
    backend.send_fin();
    CHECK(client.reads_end());
    CHECK(logs("why=client-fin-timeout"));
  }
  CHECK(has_sessions(0));
}

TEST_CASE_METHOD(PoolFixture, "an idle session is cut only when asked for", "[session]") {
  FakeServer server;
  writes().idle_timeout = 150ms;
  configure();
  publish({{write_port, NodeId{1}, server.address()}, {read_port, NodeId{1}, server.address()}});
  auto [client, backend] = session(server);
  auto [reader, reader_backend] = session(server, read_port);
  for (int i = 0; i < 6; ++i) {
    run_for(50ms);
    client.send("x");
    REQUIRE(backend.reads("x"));
  }
  CHECK(client.reads_end());
  CHECK(logs("why=idle-timeout"));
  CHECK_SOON(status(read_port).sessions == 1);
}

TEST_CASE("an idle session is small", "[session]") {
  // With its entries in the worker's table, in Admission and the CancelRegistry, and its names, below 1.5 kB.
  CHECK(sizeof(Session) <= 640);
}

TEST_CASE_METHOD(PoolFixture, "a listener that was taken out still cuts its sessions on a demoted node",
                 "[session]") {
  FakeServer server;
  configure();
  lead(server);
  auto [client, backend] = session(server);
  config.listeners[0] = listener(ListenerId{3}, "other", Target::leader);
  configure();
  const CutLine line{NodeId{1}, 2, CutCause::demoted, "the test says so"};
  REQUIRE(is_acknowledged(publish({}, {{ListenerId{3}, line}})));
  CHECK(backend.reads_reset());
  CHECK(client.reads_end());
}
