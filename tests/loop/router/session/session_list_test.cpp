// Every session in a list, and ending some by hand; two workers.
#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <set>

#include "tests/loop/router/session/pool_fixture.h"

using namespace tamada;
using namespace tamada::router;

namespace {

class ListFixture : public PoolFixture {
 public:
  SessionList list() {
    std::optional<SessionList> answer;
    pool->sessions([&](SessionList gathered) { answer = std::move(gathered); });
    CHECK_FALSE(answer);  // never from inside the call
    REQUIRE(run_until([&] { return answer.has_value(); }));
    return std::move(*answer);
  }
  // The list once it holds a session in this phase.
  SessionStats in_phase(const std::string& phase) {
    SessionStats found;
    REQUIRE(run_until([&] {
      for (const SessionStats& one : list().sessions) {
        if (one.phase == phase) found = one;
      }
      return found.phase == phase;
    }));
    return found;
  }
  bool end(SessionId id) {
    std::optional<bool> answer;
    pool->end_session(id, [&](bool found) { answer = found; });
    CHECK_FALSE(answer);
    REQUIRE(run_until([&] { return answer.has_value(); }));
    return *answer;
  }
  std::uint64_t end_all(NodeId node, ListenerId id) {
    std::optional<std::uint64_t> answer;
    pool->end_sessions(node, id, [&](std::uint64_t count) { answer = count; });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    return *answer;
  }
};

}  // namespace

TEST_CASE_METHOD(ListFixture, "the list says of a running session what the log will say", "[session_list]") {
  FakeServer server;
  configure();
  lead(server);
  CHECK(list().sessions.empty());
  auto [client, backend] = session(server, write_port, 4711);
  client.send("12345");
  REQUIRE(backend.reads("12345"));
  const SessionStats one = in_phase("relay");
  CHECK(one.client == loop::socket_address(client.fd().get()).to_string());
  CHECK(one.listener == "write");
  CHECK(one.node == "node-1");
  CHECK(one.server == server.address().to_string());
  CHECK(one.user == "alice");
  CHECK(one.database == "shop");
  CHECK(one.application.empty());
  CHECK(one.backend_pid == 4711);
  CHECK(one.up_bytes == startup_packet.size() + 5);
  CHECK(one.down_bytes > 0);
  CHECK(one.server_side_port != 0);
  const SessionList all = list();
  CHECK(all.total == 1);
  CHECK_FALSE(all.truncated);
  CHECK(all.now >= one.began);
}

TEST_CASE_METHOD(ListFixture, "sessions that wait, start or have said nothing are in the list",
                 "[session_list]") {
  FakeServer server;
  configure();
  Peer silent = connect();
  CHECK(in_phase("first-packet").user.empty());
  Peer waits = start();
  REQUIRE(has_waiting(1));
  const SessionStats held = in_phase("hold");
  CHECK(held.user == "alice");
  CHECK(held.node.empty());
  CHECK(held.server.empty());
  REQUIRE(run_until([&] { return in_phase("hold").wait > held.wait; }));
  lead(server);
  Peer backend = server.accept();
  REQUIRE(backend.reads(startup_packet));
  const SessionStats starting = in_phase("startup");
  CHECK(starting.user == "alice");
  CHECK(starting.node == "node-1");
  CHECK(starting.wait >= held.wait - 1ms);
  CHECK(list().total == 2);
}

TEST_CASE_METHOD(ListFixture, "one session is ended by hand, the others go on", "[session_list]") {
  FakeServer server;
  configure();
  lead(server);
  std::vector<std::pair<Peer, Peer>> sessions;
  for (std::uint32_t i = 0; i < 4; ++i) sessions.push_back(session(server, write_port, 100 + i));
  SessionId id;
  for (const SessionStats& one : list().sessions) {
    if (one.backend_pid == 102) id = one.id;
  }
  CHECK(end(id));
  CHECK(sessions[2].first.reads_end());
  CHECK(sessions[2].second.reads_reset());
  CHECK(logs("ended_by=router phase=relay why=ended-by-hand"));
  CHECK(logs("haproxy=KD"));
  CHECK(has_sessions(3));
  CHECK(status().totals.cut == 0);  // asked for by hand
  for (const int i : {0, 1, 3}) {
    sessions[static_cast<std::size_t>(i)].first.send("on");
    CHECK(sessions[static_cast<std::size_t>(i)].second.reads("on"));
  }
  SECTION("a second time it is not found") {
    CHECK_FALSE(end(id));
  }
  SECTION("nor is one that never was") {
    CHECK_FALSE(end(SessionId{0, 12345}));
    CHECK_FALSE(end(SessionId{99, 1}));
    CHECK_FALSE(end(SessionId{0, 0}));
    CHECK_SOON(status().sessions == 3);
  }
}

TEST_CASE_METHOD(ListFixture, "all sessions of a node, of a listener, or of both are ended",
                 "[session_list]") {
  FakeServer first;
  FakeServer second;
  configure();
  publish({{write_port, NodeId{1}, first.address()}, {read_port, NodeId{2}, second.address()}});
  std::vector<std::pair<Peer, Peer>> writers;
  std::vector<std::pair<Peer, Peer>> readers;
  for (int i = 0; i < 3; ++i) writers.push_back(session(first));
  for (int i = 0; i < 2; ++i) readers.push_back(session(second, read_port));
  CHECK(end_all(NodeId{2}, write_port) == 0);
  CHECK(end_all(NodeId{1}, {}) == 3);
  for (auto& [client, backend] : writers) CHECK(client.reads_end());
  CHECK(has_sessions(0));
  CHECK_SOON(status(read_port).sessions == 2);
  CHECK(end_all({}, read_port) == 2);
  for (auto& [client, backend] : readers) CHECK(client.reads_end());
  CHECK(has_sessions(0, read_port));
  auto [client, backend] = session(first);  // who comes later is welcome
  CHECK_SOON(status().sessions == 1);
}

TEST_CASE_METHOD(ListFixture, "who waits is told that it was ended, in its own protocol", "[session_list]") {
  configure();
  SECTION("in plain text") {
    Peer client = start();
    REQUIRE(has_waiting(1));
    CHECK(end_all(NodeId{1}, {}) == 0);  // on no node yet
    CHECK(end_all({}, write_port) == 1);
    const std::string told = client.read_to_end();
    CHECK(told.find("C57P01") != std::string::npos);
    CHECK(told.find("an administrator of the router has ended this session") != std::string::npos);
    CHECK(logs("phase=hold why=ended-by-hand"));
    CHECK(has_waiting(0));
    CHECK(status().totals.refused == 0);  // no failure: asked for by hand
    CHECK(status().totals.cut == 0);
  }
  SECTION("by the N it waits for, and then in plain text") {
    Peer client = connect();
    client.send(postgres::build_ssl_request());
    REQUIRE(has_waiting(1));
    CHECK(end(in_phase("hold").id));
    CHECK(client.reads("N"));
    client.send(startup_packet);
    CHECK(client.read_to_end().find("C57P01") != std::string::npos);
    CHECK(logs("why=ended-by-hand"));
  }
  SECTION("at once when it is ended a second time") {
    Peer client = connect();
    client.send(postgres::build_ssl_request());
    REQUIRE(has_waiting(1));
    const SessionId id = in_phase("hold").id;
    CHECK(end(id));
    CHECK(end(id));
    CHECK(client.read_to_end() == "N");
  }
}

TEST_CASE_METHOD(ListFixture, "a session that starts is told too, as long as it has seen nothing",
                 "[session_list]") {
  FakeServer server;
  configure();
  lead(server);
  Peer client = start();
  Peer backend = server.accept();
  REQUIRE(backend.reads(startup_packet));
  SECTION("no answer yet") {
    CHECK(end_all(NodeId{1}, write_port) == 1);
    CHECK(client.read_to_end().find("C57P01") != std::string::npos);
    CHECK(logs("phase=startup why=ended-by-hand"));
  }
  SECTION("the server has begun to answer: nothing may come in between") {
    backend.send(auth_ok);
    REQUIRE(client.reads(auth_ok));
    CHECK(end_all(NodeId{1}, write_port) == 1);
    CHECK(client.reads_end());
  }
  CHECK(backend.reads_reset());
  CHECK(has_sessions(0));
}

TEST_CASE_METHOD(ListFixture, "thousands are listed while others talk, and all end by hand",
                 "[session_list]") {
  // Held sessions have one descriptor at either end, all in this process.
  constexpr std::size_t crowd = 5000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 2 * crowd + 200) {
    WARN("needs " << 2 * crowd + 200 << " open files, may have " << limit.rlim_cur);
    return;
  }
  FakeServer server;
  writes().policy.max_held = 2 * crowd;
  configure();
  publish({{read_port, NodeId{1}, server.address()}});
  auto [talker, listener] = session(server, read_port);
  std::vector<Peer> held;
  for (std::size_t i = 0; i < crowd; ++i) held.push_back(start());
  REQUIRE(has_waiting(crowd));

  std::optional<SessionList> answer;
  pool->sessions([&](SessionList gathered) { answer = std::move(gathered); });
  while (!answer) {
    talker.send("ping");
    REQUIRE(listener.reads("ping"));
    listener.send("pong");
    REQUIRE(talker.reads("pong"));
    loop.run_once(loop::Loop::Wait::no);
  }
  CHECK(answer->total == crowd + 1);
  CHECK_FALSE(answer->truncated);
  std::set<SessionId> ids;
  for (const SessionStats& one : answer->sessions) ids.insert(one.id);
  CHECK(ids.size() == crowd + 1);
  CHECK(std::count_if(answer->sessions.begin(), answer->sessions.end(),
                      [](const SessionStats& one) { return one.phase == "hold"; }) == crowd);

  std::optional<std::uint64_t> ended;
  pool->end_sessions({}, write_port, [&](std::uint64_t count) { ended = count; });
  while (!ended) {
    talker.send("ping");
    REQUIRE(listener.reads("ping"));
    loop.run_once(loop::Loop::Wait::no);
  }
  CHECK(*ended == crowd);
  CHECK(has_waiting(0));
  CHECK_SOON(status(read_port).sessions == 1);
  CHECK(held.front().read_to_end().find("C57P01") != std::string::npos);
}
