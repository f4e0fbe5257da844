// The whole router, but for main(): Control and its workers in front of nodes that are played.
#include "tests/loop/router/control/control_fixture.h"

namespace tamada::router {
namespace {

TEST_CASE_METHOD(ControlFixture, "writers get to the leader and readers to the replica", "[control]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  CHECK(server_of(write_port) == "a");
  CHECK(server_of(read_port) == "b");
  CHECK(node("a")["role"] == "leader");
  CHECK(node("b")["role"] == "replica");
  CHECK(node("a")["address"] == a.postgres.host_port().to_string());
}

TEST_CASE_METHOD(ControlFixture, "a switchover cuts the old leader's sessions and moves the write port",
                 "[control]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  const auto session = client(write_port);
  REQUIRE(run_until([&] { return session->received.find('Z') != std::string::npos; }));
  a.patroni.be_replica();
  b.patroni.timeline = 2;
  b.patroni.be_leader();
  REQUIRE(wait_for_leader("b"));
  REQUIRE(run_until([&] { return session->events.find("end") != std::string::npos || session->closed; }));
  CHECK(server_of(write_port) == "b");
}

TEST_CASE_METHOD(ControlFixture,
                 "a client waits while there is no leader, and goes through when there is one", "[control]") {
  a.patroni.be_replica();
  start(yaml());
  const auto waiting = client(write_port);
  REQUIRE(run_until([&] { return status()["listeners"][0]["held"] == 1; }));
  CHECK(status()["leader"]["node"].is_null());
  a.patroni.be_leader();
  REQUIRE(run_until([&] { return waiting->received.find('Z') != std::string::npos; }));
}

TEST_CASE_METHOD(ControlFixture, "hostile REST servers harm nobody else", "[control]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  for (const Manner manner : {Manner::silent, Manner::drips, Manner::endless, Manner::big_headers,
                              Manner::broken_json, Manner::resets}) {
    b.patroni.manner = manner;
    const std::size_t asked = b.patroni.asked.size();
    REQUIRE(run_until([&] { return b.patroni.asked.size() > asked + 2; }));
    CHECK(status()["leader"]["node"] == "a");
    CHECK(server_of(write_port) == "a");
  }
  b.patroni.manner = Manner::well;
  REQUIRE(run_until([&] { return node("b")["role"] == "replica"; }));
  // Another cluster's node is refused and shown as such.
  b.patroni.scope = "other";
  b.patroni.be_replica();
  REQUIRE(
      run_until([&] { return node("b")["reason"].get<std::string>().find("other") != std::string::npos; }));
  CHECK(server_of(write_port) == "a");
  const auto reader = client(read_port);
  run_for(200ms);
  CHECK(reader->received.empty());
}

TEST_CASE_METHOD(ControlFixture, "the router starts before any node exists, and names may come later",
                 "[control]") {
  const std::uint16_t api = b.patroni.host_port().port;
  const std::uint16_t postgres = b.postgres.host_port().port;
  start(yaml(
      {fmt::format("{{name: later, postgres: \"later:{}\", api: \"http://later:{}\"}}", postgres, api)}));
  run_for(200ms);
  CHECK(node("later")["address"].is_null());
  b.patroni.be_leader();
  names.set("later", {loop::loopback()});
  REQUIRE(wait_for_leader("later"));
  CHECK(server_of(write_port) == "b");
}

TEST_CASE_METHOD(ControlFixture, "a member that nobody configured is found and asked", "[control]") {
  const auto members = fmt::format(
      R"({{"members": [{{"name": "a", "role": "leader", "state": "running", "api_url": "{}/patroni", "host": "127.0.0.1",)"
      R"("port": {}}}, {{"name": "b", "role": "replica", "state": "streaming", "api_url": "{}/patroni", "host": "127.0.0.1",)"
      R"("port": {}}}]}})",
      a.patroni.url(), a.postgres.host_port().port, b.patroni.url(), b.postgres.host_port().port);
  a.patroni.answer("/cluster", 200, members);
  std::string text = yaml({a.yaml()});
  text.replace(text.find("  name: test\n"), 13, "  name: test\n  discover: true\n");
  start(text);
  REQUIRE(run_until([&] { return node("b").is_object() && node("b")["role"] == "replica"; }));
  CHECK(server_of(read_port) == "b");
}

TEST_CASE_METHOD(ControlFixture, "drain: told to stop, it lets sessions end and accepts nobody",
                 "[control]") {
  start(yaml() + "drain_timeout: 10s\n");
  REQUIRE(wait_for_leader("a"));
  auto session = client(write_port);
  REQUIRE(run_until([&] { return session->received.find('Z') != std::string::npos; }));
  control->stop();
  run_for(100ms);
  CHECK_FALSE(session->closed);
  CHECK(get("/ready").status == 503);
  CHECK(get("/health").status == 200);
  const auto late = client(write_port);
  REQUIRE(run_until([&] { return late->connected.has_value(); }));
  CHECK_FALSE(*late->connected);
  session.reset();
  loop.run();  // returns once the last session has ended
}

TEST_CASE_METHOD(ControlFixture, "told twice to stop, it stops at once", "[control]") {
  start(yaml() + "drain_timeout: 1h\n");
  REQUIRE(wait_for_leader("a"));
  const auto session = client(write_port);
  REQUIRE(run_until([&] { return session->received.find('Z') != std::string::npos; }));
  control->stop();
  control->stop();
  loop.run();
  control.reset();
  REQUIRE(run_until([&] { return session->closed || session->events.find("end") != std::string::npos; }));
}

TEST_CASE_METHOD(ControlFixture, "a port that is taken is told, and nothing runs", "[control]") {
  const UniqueFd taken = loop::raw_server();
  write_port = loop::socket_address(taken.get()).port();
  write_file(file(), yaml());
  const LoadedConfig config = read_router_config(file(), {});
  REQUIRE(config);
  control = std::make_unique<Control>(loop, log, ControlOptions{});
  const std::vector<Error> errors = control->start(*config);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].message.find(fmt::format("127.0.0.1:{}", write_port)) != std::string::npos);
  CHECK(errors[0].message.find("EADDRINUSE") != std::string::npos);
}

}  // namespace
}  // namespace tamada::router
