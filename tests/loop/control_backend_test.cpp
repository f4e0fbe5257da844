// What the statistics thread is answered, and what it can change.
#include "tests/loop/backend_thread.h"

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
  CHECK(done.words == "b is drain on read");
  const auto snapshot =
      stats.snapshot_when([](const StatsSnapshot& s) { return !route_of(s, "read", "b").eligible; });
  CHECK(route_of(*snapshot, "read", "b").admin == AdminState::drain);
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
