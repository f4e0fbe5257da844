// What the statistics thread is answered, and what it can change.
#include "tests/loop/router/control/backend_thread.h"

namespace tamada::router {
namespace {

const NodeStats& node_of(const StatsSnapshot& snapshot, const std::string& name) {
  for (const NodeStats& node : snapshot.nodes) {
    if (node.view.configured_name == name) return node;
  }
  throw std::runtime_error("no node " + name);
}

const RouteStats& route_of(const StatsSnapshot& snapshot, const std::string& listener,
                           const std::string& name) {
  const NodeId node = node_of(snapshot, name).view.id;
  for (const ListenerStats& one : snapshot.listeners) {
    if (one.name != listener) continue;
    for (const RouteStats& route : one.routes) {
      if (route.node == node) return route;
    }
  }
  throw std::runtime_error("no route " + listener + " " + name);
}

Action administer(const std::string& node, const std::string& listener, AdminState state) {
  Action action;
  action.kind = Action::Kind::administer;
  action.node = node;
  action.listener = listener;
  action.state = state;
  action.by = "dba";
  action.from = "10.0.0.7";
  return action;
}

TEST_CASE_METHOD(ControlFixture, "a snapshot tells of nodes, listeners, leader and process",
                 "[control_backend]") {
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  const auto writer = client(write_port);
  REQUIRE(run_until([&] { return writer->received.find('Z') != std::string::npos; }));
  const auto snapshot =
      stats.snapshot_when([](const StatsSnapshot& s) { return route_of(s, "read", "b").eligible; });

  CHECK(snapshot->leader.name == "a");
  CHECK(snapshot->cluster_name == "test");
  CHECK(snapshot->process.pid == static_cast<std::uint32_t>(getpid()));
  CHECK(snapshot->process.workers == 2);
  CHECK(snapshot->process.resident_bytes > 0);
  CHECK(snapshot->process.listening);
  CHECK_FALSE(snapshot->process.stopping);
  CHECK(snapshot->config.generation == 1);
  CHECK(snapshot->config.file == file());
  CHECK(snapshot->config.in_force.find("listeners:") != std::string::npos);
  CHECK(snapshot->config.in_force.find("secret") == std::string::npos);
  REQUIRE(snapshot->charts != nullptr);
  CHECK_FALSE(snapshot->history.empty());

  const NodeStats& a_node = node_of(*snapshot, "a");
  CHECK(a_node.view.role == "leader");
  CHECK(a_node.check.status == "L7OK");
  CHECK(a_node.check.code == 200);
  CHECK(a_node.check.asked == "/master");
  CHECK(a_node.check.checks > 0);
  CHECK(a_node.address_since.has_value());
  CHECK(a_node.address_before.empty());

  REQUIRE(snapshot->listeners.size() == 2);
  CHECK(snapshot->listeners[0].name == "write");
  CHECK(snapshot->listeners[0].to_words == "leader");
  CHECK(snapshot->listeners[0].sessions == 1);
  const RouteStats& write_a = route_of(*snapshot, "write", "a");
  CHECK(write_a.eligible);
  CHECK(write_a.sessions == 1);
  CHECK(write_a.why_not.empty());
  const RouteStats& write_b = route_of(*snapshot, "write", "b");
  CHECK_FALSE(write_b.eligible);
  CHECK(write_b.why_not == "is a replica");
  CHECK(route_of(*snapshot, "read", "a").why_not == "is the leader");
  CHECK(stats.snapshot()->number > snapshot->number);
}

TEST_CASE_METHOD(ControlFixture, "a node is drained for one listener, and nobody is drained by mistake",
                 "[control_backend]") {
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  CHECK(stats.act(administer("nobody", "", AdminState::drain)).kind == ActionResult::Kind::not_found);
  CHECK(stats.act(administer("b", "nothing", AdminState::drain)).kind == ActionResult::Kind::not_found);
  CHECK(node("b")["admin"] == "ready");

  const ActionResult done = stats.act(administer("b", "read", AdminState::drain));
  CHECK(done.kind == ActionResult::Kind::done);
  CHECK(done.words == "b is drained on read");
  const auto snapshot =
      stats.snapshot_when([](const StatsSnapshot& s) { return !route_of(s, "read", "b").eligible; });
  CHECK(route_of(*snapshot, "read", "b").admin == AdminState::drain);
  CHECK(route_of(*snapshot, "read", "b").drains);
  CHECK(route_of(*snapshot, "read", "b").why_not == "is drained by dba from 10.0.0.7");
  CHECK(node_of(*snapshot, "b").admin_by == "dba from 10.0.0.7");
  CHECK(node_of(*snapshot, "b").admin_since.has_value());
}

TEST_CASE_METHOD(ControlFixture, "a refused configuration is told with its place and time",
                 "[control_backend]") {
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  write_file(file(), yaml() + "nonsense: 1\n");
  const auto refused =
      stats.snapshot_when([](const StatsSnapshot& s) { return s.config.refused_at.has_value(); });
  REQUIRE(refused->config.errors.size() == 1);
  CHECK(refused->config.errors[0].find("router.yaml:") != std::string::npos);
  CHECK(refused->config.generation == 1);
  write_file(file(), yaml());
  const auto mended = stats.snapshot_when([](const StatsSnapshot& s) { return !s.config.refused_at; });
  CHECK(mended->config.errors.empty());
}

TEST_CASE_METHOD(ControlFixture, "a fail-over is told with its milestones, and outlives a restart",
                 "[control_backend]") {
  const std::string state_dir = "state_dir: \"" + folder.path() + "\"\n";
  start(yaml() + state_dir);
  auto stats = std::make_unique<BackendThread>(*this, *control);
  REQUIRE(wait_for_leader("a"));
  const auto writer = client(write_port);
  REQUIRE(run_until([&] { return writer->received.find('Z') != std::string::npos; }));
  CHECK(stats->snapshot()->failovers.empty());
  CHECK(stats->snapshot()->leadership.changes == 0);

  a.patroni.be_replica();
  REQUIRE(run_until([&] { return status()["leader"]["node"].is_null(); }));
  const auto waiting = client(write_port);
  const auto without = stats->snapshot_when([](const StatsSnapshot& s) { return s.listeners[0].held == 1; });
  REQUIRE(without->failovers.size() == 1);
  CHECK_FALSE(without->failovers[0].is_over());
  CHECK(without->leadership.none_since.has_value());
  CHECK_FALSE(route_of(*without, "write", "a").eligible);
  CHECK(route_of(*without, "write", "a").times_down == 1);

  b.patroni.be_leader();
  REQUIRE(wait_for_leader("b"));
  REQUIRE(run_until([&] { return waiting->received.find('Z') != std::string::npos; }));
  const auto after = stats->snapshot_when(
      [](const StatsSnapshot& s) { return !s.failovers.empty() && s.failovers[0].is_over(); });
  REQUIRE(after->failovers.size() == 1);
  const Failover record = after->failovers[0];
  CHECK(record.number == 1);
  CHECK(record.from == "a");
  CHECK(record.to == "b");
  CHECK(record.leader_gone.has_value());
  CHECK(record.claimed.has_value());
  CHECK(record.confirmed.has_value());
  CHECK(record.first_session.has_value());
  CHECK(record.waited == 1);
  CHECK(record.cut == 1);
  CHECK(record.failed == 0);
  CHECK_FALSE(record.steps.empty());
  CHECK(after->leadership.changes == 1);
  CHECK(after->leadership.confirmations == 2);
  CHECK(after->leadership.without_leader > 0ms);
  CHECK_FALSE(after->leadership.evidence.empty());

  REQUIRE(run_until([&] { return std::filesystem::exists(folder / "failovers.json"); }));
  stats.reset();
  control.reset();
  start(yaml() + state_dir);
  stats = std::make_unique<BackendThread>(*this, *control);
  const auto restarted = stats->snapshot();
  REQUIRE(restarted->failovers.size() == 1);
  CHECK(restarted->failovers[0].from == "a");
  CHECK(restarted->failovers[0].number == 1);
}

TEST_CASE_METHOD(ControlFixture, "a broken list of fail-overs stops nobody", "[control_backend]") {
  write_file(folder / "failovers.json", "{\"version\": 1, \"fail");
  start(yaml() + "state_dir: \"" + folder.path() + "\"\n");
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  CHECK(stats.snapshot()->failovers.empty());
}

Action action_on(Action::Kind kind, const std::string& node = {}) {
  Action action;
  action.kind = kind;
  action.node = node;
  action.by = "dba";
  action.from = "10.0.0.7";
  return action;
}

TEST_CASE_METHOD(ControlFixture, "a node of weight 0 gets no new sessions until it has a weight again",
                 "[control_backend]") {
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  Action weight = action_on(Action::Kind::set_weight, "b");
  weight.listener = "read";
  weight.weight = 257;
  CHECK(stats.act(weight).kind == ActionResult::Kind::refused);
  weight.weight = 0;
  CHECK(stats.act(weight).words == "b has weight 0 on read");
  const auto none =
      stats.snapshot_when([](const StatsSnapshot& s) { return route_of(s, "read", "b").drains; });
  CHECK(route_of(*none, "read", "b").weight == 0);
  CHECK(route_of(*none, "read", "b").why_not == "has weight 0");
  weight.weight = 10;
  CHECK(stats.act(weight).kind == ActionResult::Kind::done);
  CHECK(route_of(*stats.snapshot(), "read", "b").weight == 10);
}

TEST_CASE_METHOD(ControlFixture, "counters are cleared for who looks, and the charts go on",
                 "[control_backend]") {
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  CHECK(server_of(write_port) == "a");
  const auto before = stats.snapshot_when([](const StatsSnapshot& s) { return s.listeners[0].rate_max > 0; });
  CHECK(before->listeners[0].accepted == 1);
  CHECK(route_of(*before, "write", "a").sessions_total == 1);
  CHECK(stats.act(action_on(Action::Kind::clear_counters)).kind == ActionResult::Kind::done);
  const auto after = stats.snapshot();
  CHECK(after->listeners[0].accepted == 0);
  CHECK(after->listeners[0].rate_max == 0);
  CHECK(route_of(*after, "write", "a").sessions_total == 0);
}

TEST_CASE_METHOD(ControlFixture,
                 "a node that moved by hand is asked and served there, until it is taken back",
                 "[control_backend]") {
  FakePostgres elsewhere(loop, "x", loop::loopback());
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  Action move = action_on(Action::Kind::set_address, "a");
  move.address = elsewhere.server().address();
  CHECK(stats.act(move).kind == ActionResult::Kind::done);
  const auto moved = stats.snapshot_when(
      [&](const StatsSnapshot& s) { return node_of(s, "a").view.postgres == elsewhere.server().address(); });
  CHECK(node_of(*moved, "a").address_by_hand);
  CHECK(node_of(*moved, "a").address_before == a.postgres.server().address().to_string());
  CHECK(server_of(write_port) == "x");

  move.address = {};
  CHECK(stats.act(move).kind == ActionResult::Kind::done);
  const auto back = stats.snapshot_when(
      [&](const StatsSnapshot& s) { return node_of(s, "a").view.postgres == a.postgres.server().address(); });
  CHECK_FALSE(node_of(*back, "a").address_by_hand);
}

TEST_CASE_METHOD(ControlFixture, "sessions are listed, and ended one by one or those of a node",
                 "[control_backend]") {
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  REQUIRE(run_until([&] { return node("b")["role"] == "replica"; }));
  std::vector<std::unique_ptr<loop::RecordingStream>> writers;
  for (int i = 0; i < 3; ++i) writers.push_back(client(write_port));
  const auto reader = client(read_port);
  REQUIRE(run_until([&] {
    return reader->received.find('Z') != std::string::npos &&
           std::all_of(writers.begin(), writers.end(),
                       [](const auto& one) { return one->received.find('Z') != std::string::npos; });
  }));
  const SessionListPtr list = stats.sessions();
  REQUIRE(list->sessions.size() == 4);
  CHECK(list->total == 4);
  const auto read = std::find_if(list->sessions.begin(), list->sessions.end(),
                                 [](const SessionStats& one) { return one.listener == "read"; });
  REQUIRE(read != list->sessions.end());
  CHECK(read->node == "b");

  Action one = action_on(Action::Kind::end_session);
  one.session = read->id;
  CHECK(stats.act(one).kind == ActionResult::Kind::done);
  const auto gone = [](const loop::RecordingStream& stream) {
    return stream.closed || stream.events.find("end") != std::string::npos;
  };
  REQUIRE(run_until([&] { return gone(*reader); }));
  CHECK(stats.act(one).kind == ActionResult::Kind::not_found);

  Action all = action_on(Action::Kind::end_sessions, "a");
  all.listener = "read";
  CHECK(stats.act(all).words == "0 sessions of a on read ended");
  all.listener = "write";
  CHECK(stats.act(all).words == "3 sessions of a on write ended");
  REQUIRE(run_until(
      [&] { return std::all_of(writers.begin(), writers.end(), [&](const auto& w) { return gone(*w); }); }));
  all.listener = "nothing";
  CHECK(stats.act(all).kind == ActionResult::Kind::not_found);
  all.node.clear();
  CHECK(stats.act(all).kind == ActionResult::Kind::not_found);
}

TEST_CASE_METHOD(ControlFixture, "a switchover is asked of the leader's Patroni, with the credentials for it",
                 "[control_backend]") {
  std::string text = yaml();
  text.replace(text.find("  name: test\n"), 13,
               "  name: test\n  api_user: patroni\n  api_password: hidden\n");
  start(text);
  BackendThread stats(*this, *control);
  const Action to_b = action_on(Action::Kind::switchover, "b");
  a.patroni.answer("POST /switchover", 200, "Successfully switched over to \"b\"");
  b.patroni.answer("POST /switchover", 500, "wrong node");
  REQUIRE(wait_for_leader("a"));

  const ActionResult done = stats.act(to_b);
  CHECK(done.kind == ActionResult::Kind::done);
  CHECK(done.words == "Patroni of a: Successfully switched over to \"b\"");
  CHECK(a.patroni.posted.find(http::basic_credentials("patroni", "hidden")) != std::string::npos);
  CHECK(a.patroni.posted.find(R"({"candidate":"b","leader":"a"})") != std::string::npos);
  CHECK(b.patroni.posted.empty());
  // Checks carry no credentials.
  CHECK(stats.act(action_on(Action::Kind::switchover)).kind == ActionResult::Kind::done);
  CHECK(a.patroni.posted.find(R"({"leader":"a"})") != std::string::npos);

  CHECK(stats.act(action_on(Action::Kind::switchover, "a")).kind == ActionResult::Kind::not_possible);
  CHECK(stats.act(action_on(Action::Kind::switchover, "nobody")).kind == ActionResult::Kind::not_found);
  a.patroni.answer("POST /switchover", 412, "switchover is not possible: no good candidates");
  const ActionResult refused = stats.act(to_b);
  CHECK(refused.kind == ActionResult::Kind::refused);
  CHECK(refused.words == "Patroni of a: switchover is not possible: no good candidates");
  a.patroni.answer("POST /switchover", 401, "no auth header received");
  CHECK(stats.act(to_b).words.find("cluster.api_user") != std::string::npos);
}

TEST_CASE_METHOD(ControlFixture, "a restart and a member built anew are asked of the node itself",
                 "[control_backend]") {
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(wait_for_leader("a"));
  b.patroni.answer("POST /restart", 200, "restarted successfully");
  b.patroni.answer("POST /reinitialize", 200, "reinitialize started");
  CHECK(stats.act(action_on(Action::Kind::restart, "b")).words == "Patroni of b: restarted successfully");
  CHECK(stats.act(action_on(Action::Kind::reinitialize, "b")).kind == ActionResult::Kind::done);
  CHECK(b.patroni.posted.find(R"({"force":true})") != std::string::npos);
  CHECK(stats.act(action_on(Action::Kind::reinitialize, "a")).kind == ActionResult::Kind::not_possible);
  CHECK(stats.act(action_on(Action::Kind::restart, "")).kind == ActionResult::Kind::not_found);
  b.patroni.manner = Manner::resets;
  CHECK(stats.act(action_on(Action::Kind::restart, "b")).kind == ActionResult::Kind::failed);
}

TEST_CASE_METHOD(ControlFixture, "without a leader nobody can hand over", "[control_backend]") {
  a.patroni.be_replica();
  start(yaml());
  BackendThread stats(*this, *control);
  REQUIRE(run_until([&] { return node("a")["role"] == "replica"; }));
  CHECK(stats.act(action_on(Action::Kind::switchover)).kind == ActionResult::Kind::not_possible);
}

TEST_CASE("Patroni's answer is one sentence, whatever it is", "[control_backend]") {
  http::Response response;
  response.status = 503;
  response.body = "<!DOCTYPE HTML>\n<html>Error</html>";
  CHECK(patroni_result("pg1", response).words == "Patroni of pg1: HTTP 503 Service Unavailable");
  response.body = "  two\nlines\x01 \r\n";
  CHECK(patroni_result("pg1", response).words == "Patroni of pg1: two lines");
  CHECK(patroni_result("pg1", response).kind == ActionResult::Kind::refused);
  response.body = std::string(1'000'000, 'x');
  CHECK(patroni_result("pg1", response).words.size() < 400);
  response.status = 202;
  CHECK(patroni_result("pg1", response).kind == ActionResult::Kind::done);
}

TEST_CASE_METHOD(ControlFixture,
                 "who asks while the router goes is answered or forgotten, and nothing breaks",
                 "[control_backend]") {
  start(yaml());
  REQUIRE(wait_for_leader("a"));
  std::atomic<int> answers{0};
  auto stats = std::make_unique<BackendThread>(*this, *control);
  BackendThread& asked = *stats;
  asked.loop.post([&] {
    for (int i = 0; i < 50; ++i) asked.backend.snapshot([&](const StatsSnapshotPtr& /*s*/) { ++answers; });
  });
  run_until([&] { return answers.load() > 0; });
  stats.reset();
  control.reset();
  const int then = answers.load();
  run_turns();
  CHECK(answers.load() == then);
}

}  // namespace
}  // namespace tamada::router
