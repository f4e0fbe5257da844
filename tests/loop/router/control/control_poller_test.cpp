// NodePoller against real sockets: well-behaved and hostile REST APIs, names that come, go and move.
#include <catch2/catch.hpp>

#include <map>

#include "common/loop/clock.h"
#include "router/poll/node_poller.h"
#include "tests/loop/router/control/control_fake_names.h"
#include "tests/loop/router/control/control_fake_node.h"
#include "tests/support/loop_fixture.h"

namespace tamada::router {
namespace {

class PollerFixture : public loop::LoopFixture {
 public:
  PollerFixture()
      : log(quiet()),
        resolver(loop, names.options()),
        poller(loop, log, resolver, side, [this](const ClusterEvent& event) { events.push_back(event); }) {}

  static LogConfig quiet() {
    LogConfig config;
    config.level = "error";
    return config;
  }

  void poll_at(const HostPort& api, const HostPort& postgres, Duration timeout = 2s) {
    settings.nodes = {{NodeId{1}, {"pg1", postgres, "http", api}}};
    settings.timeout = timeout;
    settings.resolve_interval = 20ms;
    poller.configure(settings);
  }

  // Asks and waits for the one answer.
  ClusterEvent ask(AskKind kind) {
    events.clear();
    poller.ask({NodeId{1}, kind});
    CHECK(events.empty());  // never from inside ask()
    REQUIRE(run_until([&] { return !events.empty(); }));
    return events.front();
  }
  PollAnswer poll(AskKind kind = AskKind::master) { return std::get<PollAnswer>(ask(kind)); }

  FakeNames names;
  EventLog log;
  loop::Resolver resolver;
  loop::SideThread side{loop};
  std::vector<ClusterEvent> events;
  PollerSettings settings;
  NodePoller poller;
};

Address ip(const char* text) {
  return *Address::from_ip(text, 0);
}

TEST_CASE_METHOD(PollerFixture, "a node is asked as Patroni answers", "[node_poller]") {
  FakePatroni patroni(loop);
  patroni.be_leader();
  patroni.answer("/cluster", 200,
                 R"({"members": [{"name": "a", "role": "leader", "host": "h", "port": 1}]})");
  poll_at(patroni.host_port(), {"127.0.0.1", 5432});

  const TimePoint before = loop::boot_now();
  const PollAnswer master = poll(AskKind::master);
  CHECK(master.status == 200);
  CHECK(master.body->role == patroni::NodeRole::primary);
  CHECK(master.sent >= before);
  CHECK(master.postgres.to_string() == "127.0.0.1:5432");
  CHECK(poll(AskKind::replica).status == 503);
  CHECK(std::get<ClusterAnswer>(ask(AskKind::cluster)).members->members.size() == 1);
  CHECK(std::get<ConfigAnswer>(ask(AskKind::config)).ttl == Duration(30s));
  CHECK(patroni.asked == std::vector<std::string>{"/master", "/replica", "/cluster", "/config"});
  // Closed with FIN: a reset would make Patroni log a traceback.
  run_turns();
  for (const auto& connection : patroni.server().connections) CHECK_FALSE(connection->closed);
}

TEST_CASE_METHOD(PollerFixture, "hostile REST servers are silences of their kind, in bounded time",
                 "[node_poller]") {
  FakePatroni patroni(loop);
  patroni.be_leader();
  poll_at(patroni.host_port(), {"127.0.0.1", 5432}, 1500ms);
  const std::pair<Manner, Silence> cases[] = {
      {Manner::silent, Silence::timeout},        {Manner::drips, Silence::timeout},
      {Manner::endless, Silence::malformed},     {Manner::big_headers, Silence::malformed},
      {Manner::broken_json, Silence::malformed}, {Manner::resets, Silence::reset}};
  for (const auto& [manner, silence] : cases) {
    patroni.manner = manner;
    const TimePoint before = loop::boot_now();
    const PollAnswer answer = poll();
    INFO(static_cast<int>(manner) << ": " << answer.words);
    CHECK(answer.silence == silence);
    CHECK(answer.status == 0);
    CHECK_FALSE(answer.body);
    CHECK_FALSE(answer.words.empty());
    CHECK(loop::boot_now() - before < 5s);
  }
  patroni.manner = Manner::well;
  CHECK(poll().status == 200);
  patroni.server().down();
  CHECK(poll().silence == Silence::refused);
}

TEST_CASE_METHOD(PollerFixture, "a name that does not exist is a silence at once, and holds up nobody",
                 "[node_poller]") {
  FakePatroni other(loop);
  other.be_replica();
  names.hang("slow");
  settings.nodes = {{NodeId{1}, {"pg1", {"slow", 5432}, "http", {"slow", 8008}}},
                    {NodeId{2}, {"pg2", {"none", 5432}, "http", {"none", 8008}}},
                    {NodeId{3}, {"pg3", {"127.0.0.1", 5432}, "http", other.host_port()}}};
  settings.timeout = 60s;  // nothing here may wait for it
  poller.configure(settings);
  for (const std::uint32_t id : {1u, 2u, 3u}) poller.ask({NodeId{id}, AskKind::replica});
  poller.ask({NodeId{1}, AskKind::postgres});
  REQUIRE(run_until([&] { return events.size() == 4; }));
  std::map<std::uint32_t, PollAnswer> answers;
  for (const ClusterEvent& event : events) {
    if (const auto* answer = std::get_if<PollAnswer>(&event)) answers[answer->node.value] = *answer;
    if (const auto* probe = std::get_if<PostgresAnswer>(&event)) CHECK_FALSE(probe->answered);
  }
  CHECK(answers[1].silence == Silence::unresolved);
  CHECK(answers[1].words == "resolve slow: no answer yet");
  CHECK(answers[2].silence == Silence::unresolved);
  CHECK(answers[3].status == 200);
}

TEST_CASE_METHOD(PollerFixture, "a node that returns at another address is asked there", "[node_poller]") {
  auto old = std::make_unique<FakePatroni>(loop, *Address::from_ip("127.0.0.2", 0));
  old->be_leader();
  const std::uint16_t port = old->host_port().port;
  names.set("pg1", {ip("127.0.0.2")});
  poll_at({"pg1", port}, {"pg1", 5432});
  REQUIRE(run_until([&] { return poll().status == 200; }));
  CHECK(poll().postgres.to_string() == "127.0.0.2:5432");

  // The name moves while the old address still answers: stay.
  names.set("pg1", {ip("127.0.0.3")});
  run_for(100ms);
  CHECK(poll().postgres.to_string() == "127.0.0.2:5432");
  // The name vanishes: stay.
  names.set("pg1", {});
  run_for(100ms);
  CHECK(poll().status == 200);

  // It goes, and comes back elsewhere.
  old->server().down();
  CHECK(poll().silence == Silence::refused);
  FakePatroni back(loop, *Address::from_ip("127.0.0.3", port));
  back.be_leader();
  names.set("pg1", {ip("127.0.0.3")});
  const TimePoint before = loop::boot_now();
  REQUIRE(run_until([&] { return poll().status == 200; }));
  CHECK(poll().postgres.to_string() == "127.0.0.3:5432");
  CHECK(loop::boot_now() - before < 2s);
}

TEST_CASE_METHOD(PollerFixture, "a request to an address that hangs starts anew where the name leads",
                 "[node_poller]") {
  FakePatroni old(loop, *Address::from_ip("127.0.0.2", 0));
  old.manner = Manner::silent;
  const std::uint16_t port = old.host_port().port;
  FakePatroni back(loop, *Address::from_ip("127.0.0.3", port));
  back.be_leader();
  names.set("pg1", {ip("127.0.0.2")});
  poll_at({"pg1", port}, {"pg1", 5432}, 10s);
  run_for(50ms);
  events.clear();
  poller.ask({NodeId{1}, AskKind::master});
  REQUIRE(run_until([&] { return !old.asked.empty(); }));
  names.set("pg1", {ip("127.0.0.3")});
  const TimePoint before = loop::boot_now();
  REQUIRE(run_until([&] { return !events.empty(); }));
  CHECK(loop::boot_now() - before < 5s);
  CHECK(std::get<PollAnswer>(events[0]).status == 200);
}

TEST_CASE_METHOD(PollerFixture, "of several addresses the next is tried when one refuses", "[node_poller]") {
  FakePatroni patroni(loop, *Address::from_ip("127.0.0.3", 0));
  patroni.be_replica();
  names.set("pg1", {ip("::1"), ip("127.0.0.2"), ip("127.0.0.3")});
  poll_at({"pg1", patroni.host_port().port}, {"pg1", 5432});
  run_for(50ms);
  const PollAnswer answer = poll(AskKind::replica);  // within one ask
  CHECK(answer.status == 200);
  CHECK(answer.postgres.to_string() == "127.0.0.3:5432");
}

// A REST API at two addresses of one name, PostgreSQL at the second alone.
class TwoAddresses : public PollerFixture {
 public:
  TwoAddresses() : first(loop, ip("127.0.0.2")), second(loop, ip_and_port("127.0.0.3", port())) {
    show(first, "2026-11-28 12:00:00.000001+00");
    show(second, "2026-11-28 12:00:00.000001+00");
    names.set("pg1", {ip("127.0.0.2"), ip("127.0.0.3")});
    poll_at({"pg1", port()}, {"pg1", postgres.host_port().port});
    REQUIRE(run_until([&] { return poll().status == 200; }));
  }
  static Address ip_and_port(const char* text, std::uint16_t port) { return ip(text).with_port(port); }
  [[nodiscard]] std::uint16_t port() { return first.host_port().port; }
  static void show(FakePatroni& patroni, const std::string& started) {
    patroni.started = started;
    patroni.be_leader();
  }
  [[nodiscard]] std::string at(const char* address) const {
    return std::string(address) + ":" + std::to_string(postgres.host_port().port);
  }
  PostgresAnswer look() { return std::get<PostgresAnswer>(ask(AskKind::postgres)); }

  FakePatroni first;
  FakePatroni second;
  FakePostgres postgres{loop, "a", ip("127.0.0.3")};
};

TEST_CASE_METHOD(TwoAddresses, "PostgreSQL is found at another address of its name and used there",
                 "[node_poller]") {
  CHECK(poll().postgres.to_string() == at("127.0.0.2"));
  const PostgresAnswer found = look();
  CHECK(found.answered);
  CHECK(found.postgres.to_string() == at("127.0.0.3"));
  // Remembered, while the polls go on where they were.
  CHECK(poll().postgres.to_string() == at("127.0.0.3"));
  CHECK(second.asked == std::vector<std::string>{"/master"});
  CHECK(look().postgres.to_string() == at("127.0.0.3"));
  // Nowhere any more: the first address's words.
  postgres.server().down();
  const PostgresAnswer gone = look();
  CHECK_FALSE(gone.answered);
  CHECK(gone.silence == Silence::refused);
  CHECK(gone.words == "connect to " + at("127.0.0.3") + ": connection refused (ECONNREFUSED)");
}

TEST_CASE_METHOD(TwoAddresses, "another machine behind the same name is not taken for the node",
                 "[node_poller]") {
  SECTION("its REST API shows another server") {
    show(second, "2026-11-28 12:00:00.000002+00");
  }
  SECTION("its REST API does not answer") {
    second.server().down();
  }
  SECTION("its REST API hangs") {
    settings.timeout = 300ms;
    poller.configure(settings);
    second.manner = Manner::silent;
  }
  SECTION("nobody tells which server it is") {
    show(first, "");
    show(second, "");
    CHECK(poll().status == 200);
  }
  const PostgresAnswer found = look();
  CHECK_FALSE(found.answered);
  CHECK(found.words == "connect to " + at("127.0.0.2") + ": connection refused (ECONNREFUSED)");
  CHECK(poll().postgres.to_string() == at("127.0.0.2"));
}

TEST_CASE_METHOD(PollerFixture, "PostgreSQL's own name is followed to the address that works",
                 "[node_poller]") {
  FakePatroni patroni(loop);
  patroni.be_leader();
  FakePostgres postgres(loop, "a", ip("127.0.0.3"));
  names.set("db1", {ip("127.0.0.2"), ip("127.0.0.3")});
  poll_at(patroni.host_port(), {"db1", postgres.host_port().port});
  REQUIRE(run_until([&] { return poll().postgres.is_set(); }));
  CHECK(std::get<PostgresAnswer>(ask(AskKind::postgres)).answered);
  CHECK(poll().postgres.ip() == "127.0.0.3");
}

TEST_CASE_METHOD(PollerFixture,
                 "names of nodes that are well are asked for seldom, others often, and at once when "
                 "something fails",
                 "[node_poller]") {
  FakePatroni patroni(loop);
  patroni.be_leader();
  names.set("pg1", {ip("127.0.0.1")});
  poll_at({"pg1", patroni.host_port().port}, {"pg1", 5432});
  settings.resolve_interval = 60min;
  poller.configure(settings);
  REQUIRE(run_until([&] { return poll().status == 200; }));
  run_for(150ms);  // past HostNames::least_between
  const int before = names.asked("pg1");
  SECTION("at rest") {
    run_for(HostNames::unwell_interval * 3 / 2);
    CHECK(names.asked("pg1") == before);
  }
  SECTION("a session could not be connected: at once, and until PostgreSQL answers") {
    poller.session_failed(NodeId{1});
    CHECK(run_until([&] { return names.asked("pg1") == before + 1; }));
    CHECK(run_until([&] { return names.asked("pg1") >= before + 3; }));
  }
  SECTION("a request to its REST API that is not answered") {
    patroni.manner = Manner::silent;
    settings.timeout = 60s;
    poller.configure(settings);
    poller.ask({NodeId{1}, AskKind::master});
    CHECK(run_until([&] { return names.asked("pg1") >= before + 2; }));
  }
  SECTION("another node answers") {
    patroni.system_id = "7000000000000000002";
    patroni.be_leader();
    CHECK(poll().status == 200);
    CHECK(run_until([&] { return names.asked("pg1") == before + 1; }));
  }
}

TEST_CASE_METHOD(PollerFixture, "IPv6 is an address like any other", "[node_poller]") {
  FakePatroni patroni(loop, *Address::from_ip("::1", 0));
  patroni.be_replica();
  poll_at({"::1", patroni.host_port().port}, {"::1", 5432});
  CHECK(poll(AskKind::replica).postgres.to_string() == "[::1]:5432");
}

TEST_CASE_METHOD(PollerFixture, "a postmaster is one that answers an SSLRequest", "[node_poller]") {
  FakePostgres postgres(loop, "a");
  FakeServer mute(loop, loop::loopback(), [](loop::TcpStream&, const std::string&) {});
  const auto probe = [&](const Address& address) {
    poll_at({"127.0.0.1", 1}, {address.ip(), address.port()}, 300ms);
    return std::get<PostgresAnswer>(ask(AskKind::postgres)).answered;
  };
  CHECK(probe(postgres.server().address()));
  REQUIRE(postgres.server().connections.size() == 1);
  REQUIRE(run_until([&] { return postgres.server().connections[0]->ended; }));
  CHECK(postgres.server().connections[0]->heard.size() == 8);  // nothing but the SSLRequest
  CHECK_FALSE(probe(mute.address()));
  const Address gone = mute.address();
  mute.down();
  CHECK_FALSE(probe(gone));
}

TEST_CASE_METHOD(PollerFixture, "an ask that is out when the end points change is answered by the new ones",
                 "[node_poller]") {
  FakePatroni old(loop);
  old.manner = Manner::silent;
  FakePatroni fresh(loop);
  fresh.be_leader();
  poll_at(old.host_port(), {"127.0.0.1", 5432}, 10s);
  poller.ask({NodeId{1}, AskKind::master});
  poller.ask({NodeId{1}, AskKind::master});  // of a kind, one at a time
  REQUIRE(run_until([&] { return !old.asked.empty(); }));
  poll_at(fresh.host_port(), {"127.0.0.1", 5432}, 10s);
  REQUIRE(run_until([&] { return !events.empty(); }));
  CHECK(std::get<PollAnswer>(events[0]).status == 200);
  run_turns();
  CHECK(events.size() == 1);
  CHECK(old.asked.size() == 1);
}

TEST_CASE_METHOD(PollerFixture, "a node that is taken out is not heard of again", "[node_poller]") {
  FakePatroni patroni(loop);
  patroni.manner = Manner::silent;
  poll_at(patroni.host_port(), {"127.0.0.1", 5432}, 100ms);
  poller.ask({NodeId{1}, AskKind::master});
  settings.nodes.clear();
  poller.configure(settings);
  poller.ask({NodeId{1}, AskKind::master});
  run_for(200ms);
  CHECK(events.empty());
}

}  // namespace
}  // namespace tamada::router
