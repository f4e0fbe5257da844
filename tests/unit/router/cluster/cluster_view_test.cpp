// What scenarios cannot say easily: answers that come late, twice or out of order, tables that are renewed at
// rest, what its owner sees.
#include "router/cluster/cluster_view.h"

#include <catch2/catch.hpp>

#include <map>

using namespace tamada;
using namespace tamada::router;

namespace {

TimePoint at(Duration since_start) {
  return TimePoint{1000s} + since_start;
}

RoutingPolicy policy_of(int nodes) {
  RoutingPolicy policy;
  for (int i = 1; i <= nodes; ++i) {
    const std::string name = "pg-" + std::string(1, static_cast<char>('a' + i - 1));
    policy.nodes.push_back({NodeId{static_cast<std::uint32_t>(i)}, name, "http://" + name + ":8008"});
  }
  ListenerPolicy write;
  write.id = ListenerId{1};
  write.name = "write";
  ListenerPolicy read;
  read.id = ListenerId{2};
  read.name = "read";
  read.to = Target::replica;
  policy.listeners = {write, read};
  return policy;
}

PollAnswer answer(std::uint32_t node, AskKind kind, TimePoint sent, int status, const std::string& role,
                  std::uint32_t timeline = 7) {
  PollAnswer poll;
  poll.node = NodeId{node};
  poll.asked = kind;
  poll.sent = sent;
  poll.postgres = Address::from_ip("10.0.0." + std::to_string(node), 5432).value();
  poll.status = status;
  poll.body.emplace();
  poll.body->state = "running";
  poll.body->role_text = role;
  poll.body->role = patroni::node_role(role);
  poll.body->timeline = timeline;
  poll.body->system_identifier = "7000";
  poll.body->name = "pg-" + std::string(1, static_cast<char>('a' + node - 1));
  return poll;
}

PollAnswer leads(std::uint32_t node, TimePoint sent) {
  return answer(node, AskKind::master, sent, 200, "primary");
}
PollAnswer follows(std::uint32_t node, TimePoint sent) {
  return answer(node, AskKind::replica, sent, 200, "replica");
}

const ListenerRoutes& routes(const RoutingTablePtr& table, std::uint32_t listener) {
  const ListenerRoutes* found = table->find(ListenerId{listener});
  REQUIRE(found != nullptr);
  return *found;
}

// pg-a leads, the others follow; all heard at 10 ms.
struct Running {
  ClusterView view;
  RoutingTablePtr table;
  Running() : view(policy_of(3), 1, at(0s)) {
    (void)view.tick(at(0s));
    keep(view.apply(leads(1, at(10ms)), at(11ms)));
    keep(view.apply(follows(2, at(10ms)), at(11ms)));
    keep(view.apply(follows(3, at(10ms)), at(11ms)));
    REQUIRE(routes(table, 1).candidates.size() == 1);
  }
  void keep(const Step& step) {
    if (step.table != nullptr) table = step.table;
  }
};

}  // namespace

TEST_CASE("at the start nothing is offered and every node is asked once", "[cluster_view]") {
  ClusterView view(policy_of(3), 1, at(0s));
  const Step step = view.tick(at(0s));
  CHECK(step.asks == std::vector<Ask>{{NodeId{1}, AskKind::master},
                                      {NodeId{2}, AskKind::master},
                                      {NodeId{3}, AskKind::master}});
  REQUIRE(step.table != nullptr);
  CHECK(routes(step.table, 1).candidates.empty());
  CHECK(routes(step.table, 1).why_none ==
        "no leader: pg-a has not answered yet, pg-b has not answered yet, pg-c has not answered yet");
  CHECK(view.tick(at(1ms)).asks.empty());
}

TEST_CASE("a candidate is valid as long as its answer, counted from when it was asked for",
          "[cluster_view]") {
  Running running;
  CHECK(routes(running.table, 1).candidates.front().valid_until == at(3010ms));
  CHECK(routes(running.table, 2).candidates.front().valid_until == at(3010ms));
}

TEST_CASE("an answer that comes late does not undo a newer one", "[cluster_view]") {
  Running running;
  running.keep(running.view.apply(answer(1, AskKind::master, at(500ms), 503, "replica"), at(501ms)));
  REQUIRE(routes(running.table, 1).candidates.empty());
  // Sent before the no: both the repetition and one that was never heard.
  CHECK(running.view.apply(leads(1, at(10ms)), at(510ms)).table == nullptr);
  CHECK(running.view.apply(leads(1, at(400ms)), at(520ms)).table == nullptr);
  CHECK_FALSE(running.view.leader().node.is_set());
}

TEST_CASE("a silence that was asked for before an answer came counts for nothing", "[cluster_view]") {
  Running running;
  for (int i = 0; i < 5; ++i) {
    PollAnswer silence;
    silence.node = NodeId{1};
    silence.asked = AskKind::replica;
    silence.sent = at(1ms) + Duration{i};
    silence.silence = Silence::timeout;
    running.keep(running.view.apply(silence, at(2s)));
  }
  CHECK(running.view.leader().node == NodeId{1});
  CHECK(running.view.nodes(at(2s)).front().state == "running");
}

TEST_CASE("a claim that has expired is worth nothing when it arrives", "[cluster_view]") {
  ClusterView view(policy_of(1), 1, at(0s));
  (void)view.tick(at(0s));
  (void)view.apply(leads(1, at(1s)), at(4s));
  CHECK_FALSE(view.leader().node.is_set());
  (void)view.apply(leads(1, at(1500ms)), at(4s));
  CHECK(view.leader().node == NodeId{1});
}

TEST_CASE("a node whose PostgreSQL address is unknown gets nobody, and the page says so", "[cluster_view]") {
  ClusterView view(policy_of(1), 1, at(0s));
  (void)view.tick(at(0s));
  PollAnswer claim = leads(1, at(1ms));
  claim.postgres = {};
  const Step step = view.apply(claim, at(2ms));
  REQUIRE(step.table != nullptr);
  CHECK(routes(step.table, 1).candidates.empty());
  CHECK(routes(step.table, 1).why_none == "no leader: pg-a has no known PostgreSQL address");
}

TEST_CASE("at rest a table is published before one runs out, and no more often than needed",
          "[cluster_view]") {
  Running running;
  int tables = 0;
  TimePoint now = at(11ms);
  TimePoint next = now;
  std::multimap<TimePoint, Ask> out;
  const auto take = [&](const Step& step) {
    if (step.table != nullptr) {
      ++tables;
      running.table = step.table;
    }
    next = step.next_tick;
    for (const Ask& ask : step.asks) out.emplace(now + 5ms, ask);
  };
  take(running.view.tick(now));
  while (now < at(60s)) {
    CHECK(routes(running.table, 1).candidates.front().valid_until > now);
    if (!out.empty() && out.begin()->first <= next) {
      now = out.begin()->first;
      const Ask ask = out.begin()->second;
      out.erase(out.begin());
      if (ask.kind == AskKind::config) {
        take(running.view.apply(ConfigAnswer{ask.node, now - 5ms, 30s}, now));
      } else if (ask.kind == AskKind::cluster) {
        take(running.view.apply(ClusterAnswer{ask.node, now - 5ms, {}}, now));
      } else {
        take(running.view.apply(
            ask.node == NodeId{1} ? leads(1, now - 5ms) : follows(ask.node.value, now - 5ms), now));
      }
    } else {
      now = next;
      take(running.view.tick(now));
    }
  }
  CHECK(tables >= 20);
  CHECK(tables <= 61);
}

TEST_CASE("a place that was changed is another place: what it said is forgotten", "[cluster_view]") {
  Running running;
  RoutingPolicy moved = policy_of(3);
  moved.nodes[0].api_url = "http://elsewhere:8008";
  const Step step = running.view.configure(moved, at(100ms));
  running.keep(step);
  CHECK(routes(running.table, 1).candidates.empty());
  // An answer of the old place is nobody's.
  CHECK(running.view.apply(leads(1, at(99ms)), at(110ms)).table == nullptr);
  // The same node answers at the new place: no session is cut.
  running.keep(running.view.apply(leads(1, at(120ms)), at(121ms)));
  running.keep(running.view.apply(follows(2, at(130ms)), at(131ms)));
  running.keep(running.view.apply(follows(3, at(130ms)), at(131ms)));
  CHECK(running.view.leader().node == NodeId{1});
  CHECK(routes(running.table, 1).cuts.empty());
}

TEST_CASE("another node at a changed place: the old one's sessions end first", "[cluster_view]") {
  Running running;
  RoutingPolicy moved = policy_of(3);
  moved.nodes[0].api_url = "http://elsewhere:8008";
  running.keep(running.view.configure(moved, at(100ms)));
  PollAnswer other = leads(1, at(120ms));
  other.body->name = "pg-x";
  running.keep(running.view.apply(other, at(121ms)));
  running.keep(running.view.apply(follows(2, at(130ms)), at(131ms)));
  running.keep(running.view.apply(follows(3, at(130ms)), at(131ms)));
  CHECK(routes(running.table, 1).candidates.empty());
  CHECK(cut_line(*running.table, ListenerId{1}, NodeId{1}, 1) != nullptr);
  running.keep(running.view.acknowledged(running.table->generation, at(140ms)));
  CHECK(routes(running.table, 1).candidates.size() == 1);
  CHECK(routes(running.table, 1).candidates.front().name == "pg-x");
}

TEST_CASE("an acknowledgement of a table that does not exist yet counts for nothing", "[cluster_view]") {
  Running running;
  running.keep(running.view.acknowledged(1000, at(20ms)));
  running.keep(running.view.apply(answer(1, AskKind::master, at(30ms), 503, "replica"), at(31ms)));
  running.keep(running.view.apply(leads(2, at(40ms)), at(41ms)));
  running.keep(running.view.apply(follows(1, at(50ms)), at(51ms)));
  running.keep(running.view.apply(follows(3, at(50ms)), at(51ms)));
  CHECK(routes(running.table, 1).candidates.empty());
  running.keep(running.view.acknowledged(running.table->generation, at(60ms)));
  REQUIRE(routes(running.table, 1).candidates.size() == 1);
  CHECK(routes(running.table, 1).candidates.front().node == NodeId{2});
}

TEST_CASE("an answer under another name than was asked blocks nothing", "[cluster_view]") {
  // Its owner asks /cluster by itself; ClusterView's own ask is answered by that one's answer.
  Running running;
  const TimePoint before = at(-1ms);
  (void)running.view.apply(ClusterAnswer{NodeId{1}, before, {}}, at(20ms));
  bool asked = false;
  for (int s = 1; s < 40; ++s) {
    for (const Ask& ask : running.view.apply(leads(1, at(s * 1s)), at(s * 1s + 5ms)).asks) {
      if (ask == Ask{NodeId{1}, AskKind::cluster}) asked = true;
    }
  }
  CHECK(asked);
}

TEST_CASE("two end points that contradict each other for ever are asked twice per interval",
          "[cluster_view]") {
  RoutingPolicy policy = policy_of(1);
  ClusterView view(policy, 1, at(0s));
  TimePoint now = at(0s);
  int asks = 0;
  std::multimap<TimePoint, Ask> out;
  TimePoint next = now;
  const auto take = [&](const Step& step) {
    next = step.next_tick;
    for (const Ask& ask : step.asks) {
      if (ask.kind == AskKind::master || ask.kind == AskKind::replica) ++asks;
      out.emplace(now + 1ms, ask);
    }
  };
  take(view.tick(now));
  while (now < at(20s)) {
    if (out.empty() || next < out.begin()->first) {
      now = next;
      take(view.tick(now));
      continue;
    }
    now = out.begin()->first;
    const Ask ask = out.begin()->second;
    out.erase(out.begin());
    // /master tells of a replica, /replica of a primary.
    if (ask.kind == AskKind::master)
      take(view.apply(answer(1, AskKind::master, now, 503, "replica"), now));
    else if (ask.kind == AskKind::replica)
      take(view.apply(answer(1, AskKind::replica, now, 503, "primary"), now));
    else
      take(view.apply(ClusterAnswer{NodeId{1}, now, {}}, now));
  }
  CHECK(asks <= 2 * 85);  // 5 s of about 10 per second, 15 s of about 2 per second
  CHECK_FALSE(view.leader().node.is_set());
}

TEST_CASE("people are shown how each node stands with each listener, and why it gets nothing") {
  Running running;
  std::vector<ListenerView> listeners = running.view.listeners(at(20ms));
  REQUIRE(listeners.size() == 2);
  CHECK(listeners[0].nodes[0].fit);
  CHECK(listeners[0].nodes[1].why_not == "is a replica");
  CHECK_FALSE(listeners[0].nodes[1].drains);
  CHECK(listeners[1].nodes[0].why_not == "is the leader");
  CHECK(listeners[1].nodes[1].fit);

  (void)running.view.administer(NodeId{2}, ListenerId{2}, AdminState::drain, at(30ms));
  (void)running.view.administer(NodeId{3}, ListenerId{}, AdminState::maintenance, at(30ms));
  listeners = running.view.listeners(at(31ms));
  CHECK(listeners[1].nodes[1].drains);
  CHECK(listeners[1].nodes[1].why_not == "is drained by hand");
  CHECK(listeners[1].nodes[2].why_not == "is in maintenance");
  CHECK_FALSE(listeners[1].nodes[2].drains);
  CHECK_FALSE(listeners[1].nodes[2].fit);
  CHECK(listeners[1].why_none.find("is in maintenance") != std::string::npos);
}

TEST_CASE("a replica that lags is told with what it may") {
  RoutingPolicy policy = policy_of(2);
  policy.listeners[1].max_lag = 16 << 20;
  ClusterView view(policy, 1, at(0s));
  (void)view.tick(at(0s));
  PollAnswer leader = leads(1, at(10ms));
  leader.body->location = 100 << 20;
  (void)view.apply(leader, at(11ms));
  PollAnswer replica = follows(2, at(20ms));
  replica.body->replayed_location = 80 << 20;
  (void)view.apply(replica, at(21ms));
  replica.sent = at(40ms);
  (void)view.apply(replica, at(41ms));
  const RouteView route = view.listeners(at(42ms))[1].nodes[1];
  CHECK(route.drains);
  CHECK(route.why_not == "lags 20 MB, more than 16 MB");
  CHECK(route.lags);
  CHECK(view.nodes(at(42ms))[1].lag_time == 19ms);
}

TEST_CASE("what speaks for the leader is told answer by answer") {
  Running running;
  const Evidence evidence = running.view.evidence(at(20ms));
  CHECK(evidence.disagreements.empty());
  CHECK(evidence.sentences == std::vector<std::string>{"pg-a says primary, running, timeline 7",
                                                       "pg-b is a replica, timeline 7",
                                                       "pg-c is a replica, timeline 7"});
  CHECK(running.view.claimants(at(20ms)) == std::vector<NodeId>{NodeId{1}});
  CHECK(running.view.leader_id() == NodeId{1});
  CHECK(running.view.system_id() == "7000");
  CHECK(running.view.address_of(NodeId{2}).to_string() == "10.0.0.2:5432");
  CHECK_FALSE(running.view.address_of(NodeId{9}).is_set());
}

TEST_CASE("two claims, a foreign node and a key that says otherwise are disagreements") {
  const auto kinds = [](const ClusterView& view, TimePoint now) {
    std::map<std::string, std::string> found;
    for (const Disagreement& one : view.evidence(now).disagreements) found[one.kind] = one.node;
    return found;
  };
  using Kinds = std::map<std::string, std::string>;
  SECTION("two claims") {
    Running running;
    (void)running.view.apply(leads(2, at(30ms)), at(31ms));
    CHECK(kinds(running.view, at(32ms)).contains("two-claims"));
  }
  SECTION("another system") {
    Running running;
    PollAnswer foreign = follows(3, at(30ms));
    foreign.body->system_identifier = "8000";
    (void)running.view.apply(foreign, at(31ms));
    CHECK(kinds(running.view, at(32ms)) == Kinds{{"other-system", "pg-c"}});
  }
  SECTION("the leader key names another") {
    RoutingPolicy policy = policy_of(3);
    policy.watches_leader_key = true;
    ClusterView view(policy, 1, at(0s));
    (void)view.tick(at(0s));
    (void)view.apply(follows(2, at(10ms)), at(11ms));
    (void)view.apply(follows(3, at(10ms)), at(11ms));
    (void)view.apply(LeaderKey{"pg-b", at(12ms)}, at(12ms));
    (void)view.apply(leads(1, at(13ms)), at(14ms));
    CHECK(kinds(view, at(15ms)) == Kinds{{"veto", "pg-a"}});
    CHECK(view.evidence(at(15ms)).sentences.back() == "the leader key names pg-b");
  }
  SECTION("nodes of two systems before anything is learned") {
    ClusterView view(policy_of(2), 1, at(0s));
    (void)view.tick(at(0s));
    PollAnswer other = follows(2, at(10ms));
    other.body->system_identifier = "8000";
    (void)view.apply(follows(1, at(10ms)), at(11ms));
    (void)view.apply(other, at(11ms));
    CHECK(kinds(view, at(12ms)) == Kinds{{"identity", ""}});
  }
}
