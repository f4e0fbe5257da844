// Cancel requests: whom they reach, from whatever worker.
#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE_METHOD(PoolFixture, "a cancel request finds its server from any worker", "[worker_pool]") {
  FakeServer first;
  FakeServer second;
  configure();
  publish({{write_port, NodeId{1}, first.address()}, {read_port, NodeId{2}, second.address()}});
  std::vector<std::pair<Peer, Peer>> sessions;
  for (std::uint32_t i = 0; i < 4; ++i) {
    sessions.push_back(session(first, write_port, 100 + i, "key" + std::to_string(i)));
  }
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::string packet = postgres::build_cancel_request({100 + i, "key" + std::to_string(i)});
    Peer client = connect(i % 2 == 0 ? write_port : read_port);
    client.send(packet);
    Peer backend = first.accept();
    CHECK(backend.reads(packet));
    CHECK(client.is_quiet());  // closed when the server has dealt with it
    backend.close();
    CHECK(client.reads_end());
  }
  CHECK_FALSE(second.accept(30).is_open());
  CHECK_SOON(status().sessions == 4);
  CHECK_SOON(status().totals.cancels == 2);
  CHECK(logs("cancel.end"));
  CHECK(log_text().find("key1") == std::string::npos);
}

TEST_CASE_METHOD(PoolFixture, "an unknown cancel key goes to every server of the listener", "[worker_pool]") {
  FakeServer first;
  FakeServer second;
  FakeServer leaving;
  configure();
  publish({{read_port, NodeId{3}, leaving.address()}});
  auto [client, backend] = session(leaving, read_port, 7, "seven");
  publish({{read_port, NodeId{1}, first.address()}, {read_port, NodeId{2}, second.address()}});
  const std::string packet = postgres::build_cancel_request({7, "other"});
  Peer canceller = connect(read_port);
  canceller.send(packet);
  for (FakeServer* server : {&first, &second, &leaving}) {
    Peer one = server->accept();
    CHECK(one.reads(packet));
  }
  CHECK(canceller.reads_end());
}

TEST_CASE_METHOD(PoolFixture, "a cancel request is never held and forgets sessions that ended",
                 "[worker_pool]") {
  FakeServer server;
  configure();
  lead(server);
  {
    auto [client, backend] = session(server, write_port, 7, "seven");
    client.close();
    backend.close();
    REQUIRE(has_sessions(0));
  }
  server.close();
  publish({});
  Peer canceller = connect();
  canceller.send(postgres::build_cancel_request({7, "seven"}));
  CHECK(canceller.reads_end());
  CHECK(logs("known=false"));
}
