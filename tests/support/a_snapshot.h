// A cluster of three as the statistics see it, with something of everything: a leader, a healthy replica, one
// that is drained and disputed, two listeners with 15 minutes behind them, a switchover and a crash, a
// refused configuration. stats-ui/fixture.json is this snapshot as the API sends it
// (tests/unit/router/stats/fixture_test.cpp).
#pragma once

#include <memory>

#include "router/stats/stats_snapshot.h"

namespace tamada::test {

using namespace tamada::router;

inline constexpr TimePoint snapshot_now{100'000s};
inline constexpr WallTime snapshot_wall{std::chrono::milliseconds(1'795'000'000'000)};

// So long before the snapshot's moment.
inline constexpr TimePoint ago(Duration span) {
  return snapshot_now - span;
}
inline constexpr WallTime wall_ago(std::chrono::milliseconds span) {
  return snapshot_wall - span;
}

inline NodeStats a_node(std::uint32_t id, const std::string& name, const std::string& configured_name) {
  NodeStats node;
  node.view.id = NodeId{id};
  node.view.name = name;
  node.view.configured_name = configured_name;
  node.view.role = "replica";
  node.view.role_kind = patroni::NodeRole::replica;
  node.view.state = "running";
  node.view.timeline = 7;
  node.view.lag_bytes = 0;
  node.view.postgres = *Address::from_ip("10.0.0." + std::to_string(id), 5432);
  node.view.api_url = "http://" + configured_name + ":8008";
  node.view.reason = name + " is a replica";
  node.view.heard = ago(400ms);
  node.check.status = "L7OK";
  node.check.code = 200;
  node.check.words = "replica running timeline 7";
  node.check.took = 1700us;
  node.check.at = ago(400ms);
  node.check.asked = "/replica";
  node.check.checks = 90'211;
  node.check.failures = 2;
  node.address_since = ago(90'000s);
  node.lag_time = 0ms;
  node.patroni_version = "3.0.2";
  node.server_version = 150014;
  return node;
}

inline std::vector<NodeStats> the_nodes() {
  NodeStats leader = a_node(1, "pg1", "first");
  leader.view.role = "leader";
  leader.view.role_kind = patroni::NodeRole::primary;
  leader.view.lag_bytes.reset();
  leader.lag_time.reset();
  leader.view.reason = "pg1 says primary, running, timeline 7; the leader key names pg1";
  leader.check.words = "primary running timeline 7";
  leader.check.asked = "/master";

  NodeStats standby = a_node(2, "pg2", "second");
  standby.view.role = "sync standby";
  standby.view.is_sync = true;
  standby.view.replication = "streaming";
  standby.address_since = ago(3'600s);
  standby.address_before = "10.0.0.9:5432";
  standby.check.took = 2300us;

  NodeStats drained = a_node(3, "pg3", "third");
  drained.view.lag_bytes = 12'582'912;
  drained.view.replication = "streaming";
  drained.lag_time = 4'200ms;
  drained.view.postgres = *Address::from_ip("2001:db8::3", 5432);
  drained.view.reason = "pg3 is a replica, but a member says that it leads";
  drained.admin = AdminState::drain;
  drained.admin_by = "dba from 10.0.0.7";
  drained.admin_since = ago(1'200s);
  drained.check.took = 8400us;
  drained.check.failures = 41;
  drained.pending_restart = true;
  return {leader, standby, drained};
}

inline RouteStats a_route(std::uint32_t node, bool eligible, std::string why_not, std::uint32_t sessions) {
  RouteStats route;
  route.node = NodeId{node};
  route.eligible = eligible;
  route.why_not = std::move(why_not);
  route.sessions = sessions;
  route.sessions_max = sessions * 2 + 9;
  route.sessions_total = std::uint64_t{sessions} * 700 + 12;
  route.granted = route.sessions_total + 1;
  route.up_bytes = std::uint64_t{sessions} * 81'234'567;
  route.down_bytes = std::uint64_t{sessions} * 912'345'678;
  route.rate = sessions / 8;
  route.rate_max = sessions / 2;
  route.connect.average_ms = 1;
  route.since = ago(3'200s);
  if (sessions > 0) route.last_session = ago(300ms);
  return route;
}

inline ListenerStats a_listener(std::uint32_t id, const std::string& name, Target to,
                                std::uint32_t sessions) {
  ListenerStats listener;
  listener.id = ListenerId{id};
  listener.name = name;
  listener.bind = {"0.0.0.0:" + std::to_string(4999 + id)};
  listener.to = to;
  listener.to_words = to == Target::leader ? "leader" : "replica";
  listener.max_connections = 500;
  listener.max_held = 1000;
  listener.sessions = sessions;
  listener.sessions_max = sessions * 2 + 9;
  listener.accepted = std::uint64_t{sessions} * 701 + 30;
  listener.had_to_wait = 214;
  listener.retried = 3;
  listener.cut = 31;
  listener.cancels = 12;
  listener.up_bytes = std::uint64_t{sessions} * 81'234'567;
  listener.down_bytes = std::uint64_t{sessions} * 912'345'678;
  listener.waiting_max = 42;
  listener.longest_wait = 23'600ms;
  listener.rate = sessions / 8;
  listener.rate_max = sessions / 2;
  listener.up_rate = std::uint64_t{sessions} * 4'100;
  listener.down_rate = std::uint64_t{sessions} * 61'300;
  listener.waits.counts = {190, 8, 6, 4, 2, 1, 1, 1, 0, 0, 1, 0, 0};
  listener.waits.sum_s = 31.4;
  return listener;
}

inline std::vector<ListenerStats> the_listeners() {
  ListenerStats write = a_listener(1, "write", Target::leader, 48);
  write.refused = 2;
  write.bad_starts = 1;
  write.address_limited = 2;
  write.starting = 1;
  write.queued = 2;
  write.oldest_wait = 120ms;
  write.routes = {a_route(1, true, "", 48), a_route(2, false, "is a replica", 0),
                  a_route(3, false, "is a replica", 0)};
  write.routes[0].cut = 31;
  write.routes[0].connect_errors = 5;
  write.routes[0].times_down = 1;
  write.routes[0].downtime = 24'780ms;

  ListenerStats read = a_listener(2, "read", Target::replica, 61);
  read.denied = 4;
  read.max_connections = 0;
  read.routes = {a_route(1, false, "is the leader", 0), a_route(2, true, "", 57),
                 a_route(3, false, "is drained by hand", 4)};
  read.routes[2].drains = true;
  read.routes[2].admin = AdminState::drain;
  read.routes[2].since = ago(1'200s);
  read.routes[2].times_down = 1;
  read.routes[2].downtime = 1'200s;
  return {write, read};
}

// A day's rhythm in 15 minutes, with a hole where the switchover was.
inline ListenerChart a_chart(std::uint32_t id, const std::string& name, std::uint32_t height) {
  ListenerChart chart{ListenerId{id}, name, {}};
  for (std::uint32_t i = 0; i < chart_points; ++i) {
    const std::uint32_t wave = (i * 7 + i * i / 11) % 13;
    const bool hole = id == 1 && i >= 96 && i < 98;
    ChartPoint point;
    point.sessions = hole ? 3 : height + wave;
    point.waiting = hole ? 14 : (id == 1 && i == 98 ? 5 : 0);
    point.new_per_s = hole ? 0.5 : (height + wave) / 8.0;
    point.up_per_s = hole ? 0 : (height + wave) * 4'100.0;
    point.down_per_s = hole ? 0 : (height + wave) * 61'300.0;
    chart.points.push_back(point);
  }
  return chart;
}

inline Failover the_switchover() {
  Failover past;
  past.number = 2;
  past.from = "pg2";
  past.to = "pg1";
  past.planned = true;
  past.first_sign = wall_ago(417'900ms);
  past.leader_gone = wall_ago(417'100ms);
  past.claimed = wall_ago(416'010ms);
  past.confirmed = wall_ago(415'900ms);
  past.first_session = wall_ago(415'670ms);
  past.why_gone = "pg2 is no longer primary: it says demoted";
  past.why_confirmed = "pg1 says primary, running, timeline 7; the leader key names pg1";
  past.stood_still = 1'430ms;
  past.waited = 14;
  past.cut = 31;
  past.steps = {
      {*past.first_sign, FactKind::switchover_announced, "pg2",
       "the failover key names pg1: new writers wait"},
      {wall_ago(417'700ms), FactKind::node_role, "pg2",
       "pg2: master, stopping; was master, running, timeline 6"},
      {*past.leader_gone, FactKind::leader_lost, "pg2", past.why_gone},
      {wall_ago(416'700ms), FactKind::leader_key, "", "nobody holds the leader key"},
      {wall_ago(416'300ms), FactKind::leader_key, "pg1", "the leader key names pg1"},
      {*past.claimed, FactKind::node_role, "pg1",
       "pg1: master, running, timeline 7; was replica, running, timeline 6"},
      {*past.confirmed, FactKind::leader_confirmed, "pg1", past.why_confirmed},
  };
  return past;
}

inline Failover the_crash() {
  Failover past;
  past.number = 1;
  past.from = "pg1";
  past.to = "pg2";
  past.first_sign = wall_ago(28'826'400ms);
  past.leader_gone = wall_ago(28'824'380ms);
  past.claimed = wall_ago(28'799'900ms);
  past.confirmed = wall_ago(28'799'800ms);
  past.first_session = wall_ago(28'799'600ms);
  past.why_gone = "pg1 has failed: no answer in time; its PostgreSQL does not answer either";
  past.why_confirmed = "pg2 says primary, running, timeline 6; the leader key names pg2";
  past.stood_still = 24'780ms;
  past.waited = 42;
  past.cut = 40;
  past.failed = 2;
  past.steps = {
      {*past.first_sign, FactKind::node_hint, "pg1",
       "a client's session on pg1 met \"reset\": looking closer"},
      {wall_ago(28'824'500ms), FactKind::node_silent, "pg1", "pg1 does not answer: no answer in time"},
      {*past.leader_gone, FactKind::leader_lost, "pg1", past.why_gone},
      {wall_ago(28'801'200ms), FactKind::leader_key, "", "nobody holds the leader key"},
      {wall_ago(28'800'700ms), FactKind::leader_key, "pg2", "the leader key names pg2"},
      {*past.confirmed, FactKind::leader_confirmed, "pg2", past.why_confirmed},
  };
  return past;
}

inline StatsSnapshot a_snapshot() {
  StatsSnapshot snapshot;
  snapshot.now = snapshot_now;
  snapshot.wall_now = snapshot_wall;
  snapshot.number = 17;
  snapshot.process = {"0.1.0", "router1", 812,    2,          ago(90'100s), true,
                      false,   9'000,     20'000, 31'457'280, 41.25,        0};
  snapshot.config.file = "/etc/tamada/router.yaml";
  snapshot.config.generation = 3;
  snapshot.config.read_at = wall_ago(90'000'000ms);
  snapshot.config.errors = {
      "/etc/tamada/router.yaml:14:12: listeners.read.balance: unknown balance \"leastcon\"; expected "
      "leastconn, "
      "roundrobin, random or source (did you mean \"leastconn\"?)"};
  snapshot.config.refused_at = wall_ago(610'000ms);
  snapshot.config.in_force =
      "cluster:\n  name: orders\n  nodes: [first, second, third]\n  etcd: {hosts: [e1, e2, e3], password: "
      "***}\n"
      "listeners:\n  write: {bind: \"*:5000\", to: leader, max_connections: 500}\n"
      "  read: {bind: \"*:5001\", to: replica}\n";
  snapshot.cluster_name = "orders";
  snapshot.system_id = "7386271909210347520";
  snapshot.leader = {NodeId{1}, "pg1", "pg1 says primary, running, timeline 7; the leader key names pg1",
                     ago(415'900ms)};
  snapshot.leadership.changes = 2;
  snapshot.leadership.confirmations = 3;
  snapshot.leadership.without_leader = 26'210ms;
  snapshot.leadership.timeline = 7;
  snapshot.leadership.evidence = {"pg1 says primary, running, timeline 7", "the leader key in etcd names pg1",
                                  "pg2 is a replica on timeline 7", "pg3 is a replica on timeline 7"};
  snapshot.disagreements = {
      {"contradicted", "pg3",
       "GET /cluster of pg3 names pg3 as leader; pg1, pg2 and the leader key name pg1"}};
  snapshot.etcd = EtcdStats{EtcdState::connected, "pg1", ago(700ms), ""};
  snapshot.nodes = the_nodes();
  snapshot.listeners = the_listeners();
  snapshot.failovers = {the_switchover(), the_crash()};
  for (const Failover& past : {the_crash(), the_switchover()}) {
    for (const FailoverStep& step : past.steps) {
      const bool warning = step.kind == FactKind::leader_lost || step.kind == FactKind::node_silent;
      snapshot.history.push_back({step.at, step.kind, step.node, step.words, warning});
    }
  }
  snapshot.history.push_back(
      {wall_ago(1'200'000ms), FactKind::node_admin, "pg3", "drain, by dba from 10.0.0.7", false});
  snapshot.charts = std::make_shared<const Charts>(
      Charts{snapshot_wall, {a_chart(1, "write", 42), a_chart(2, "read", 55)}});
  return snapshot;
}

inline SessionStats a_session(std::uint64_t number, std::string client, std::string listener,
                              std::string node, Duration age) {
  SessionStats session;
  session.id = {static_cast<std::uint32_t>(number % 2), number};
  session.client = std::move(client);
  session.listener = std::move(listener);
  session.node = std::move(node);
  session.phase = "relay";
  session.began = ago(age);
  session.wait = 2ms;
  session.user = "app";
  session.database = "orders";
  session.application = "checkout";
  session.backend_pid = static_cast<std::uint32_t>(4'000 + number);
  session.server_side_port = static_cast<std::uint16_t>(40'000 + number);
  session.server = session.node == "pg1"   ? "10.0.0.1:5432"
                   : session.node == "pg2" ? "10.0.0.2:5432"
                                           : "[2001:db8::3]:5432";
  session.up_bytes = number * 1'811;
  session.down_bytes = number * 40'127;
  return session;
}

// A few of each kind; some names are as hostile as the network.
inline SessionList some_sessions() {
  SessionList list;
  list.now = snapshot_now;
  list.wall_now = snapshot_wall;
  list.sessions = {a_session(17, "10.0.3.7:51544", "write", "pg1", 415s),
                   a_session(18, "10.0.3.8:40112", "write", "pg1", 3'700s),
                   a_session(19, "10.0.4.20:38822", "read", "pg2", 90'000s),
                   a_session(20, "[2001:db8::77]:55120", "read", "pg3", 86'400s),
                   a_session(21, "10.0.3.9:40200", "write", "", 120ms)};
  list.sessions[2].user = "Reports";
  list.sessions[2].application = "<img src=x onerror=alert(1)>";
  SessionStats& encrypted = list.sessions[3];
  encrypted.user.clear();
  encrypted.database.clear();
  encrypted.application.clear();
  encrypted.backend_pid = 0;
  SessionStats& waiting = list.sessions[4];
  waiting.phase = "hold";
  waiting.server.clear();
  waiting.wait = 118ms;
  waiting.backend_pid = 0;
  waiting.server_side_port = 0;
  list.total = list.sessions.size();
  return list;
}

}  // namespace tamada::test
