#include "router/core/admission.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

constexpr ListenerId write_port{1};
constexpr ListenerId read_port{2};
constexpr NodeId a{1};
constexpr NodeId b{2};

TimePoint at(Duration since_start) {
  return TimePoint(1000s) + since_start;
}
SessionId session(std::uint64_t number) {
  return {0, number};
}

// An Admission with a write and a read listener, and verbs that keep a test short.
struct Door {
  Admission admission{1};
  std::vector<ListenerPolicy> policies{2};
  std::vector<Grant> grants;  // of the last verb, for other sessions
  Generation generation = 0;

  Door() {
    policies[0].id = write_port;
    policies[0].name = "write";
    policies[1].id = read_port;
    policies[1].name = "read";
    policies[1].to = Target::replica;
    configure();
  }
  void configure(TimePoint now = at(0s)) {
    grants.clear();
    admission.configure(policies, now, grants);
  }
  // Every listener gets these nodes, each until `valid_until`.
  void table(std::vector<NodeId> nodes, TimePoint now = at(0s), TimePoint valid_until = at(3600s)) {
    auto table = std::make_shared<RoutingTable>();
    table->generation = ++generation;
    for (const ListenerPolicy& policy : policies) {
      ListenerRoutes routes{policy.id, {}, "no leader: pg-a is stopping", {}};
      for (const NodeId node : nodes) {
        routes.candidates.push_back(
            {node, "pg-" + std::to_string(node.value), *Address::from_ip("10.0.0.1", 5432), valid_until});
      }
      table->listeners.push_back(routes);
    }
    grants.clear();
    admission.apply(table, now, grants);
  }
  Verdict request(std::uint64_t number, TimePoint now = at(0s), ListenerId listener = write_port) {
    grants.clear();
    return admission.request(session(number), listener, *Address::from_ip("10.1.1.1", 40000), now, grants);
  }
  Verdict retry(std::uint64_t number, RetryCause cause, TimePoint now,
                std::string_view why = "connect to 10.0.0.1:5432: connection refused") {
    grants.clear();
    return admission.retry(session(number), cause, why, now, grants);
  }
  void started(std::uint64_t number, TimePoint now = at(0s)) {
    grants.clear();
    admission.started(session(number), true, now, grants);
  }
  void client_owes(std::uint64_t number, bool takes = false, TimePoint now = at(0s)) {
    grants.clear();
    admission.client_owes(session(number), takes, now, grants);
  }
  void ended(std::uint64_t number, TimePoint now = at(0s)) {
    grants.clear();
    admission.ended(session(number), now, grants);
  }
  std::vector<Expiry> expire(TimePoint now) {
    grants.clear();
    return admission.expire(now, grants);
  }
  std::vector<std::uint64_t> granted() const {
    std::vector<std::uint64_t> numbers;
    for (const Grant& grant : grants) numbers.push_back(grant.session.number);
    return numbers;
  }
};

NodeId node_of(const Verdict& verdict) {
  const Grant* grant = std::get_if<Grant>(&verdict);
  return grant == nullptr ? NodeId{} : grant->candidate.node;
}
bool is_held(const Verdict& verdict) {
  return std::holds_alternative<Held>(verdict);
}
std::string message(const Verdict& verdict) {
  return std::get<Refusal>(verdict).message;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a session goes through at once when a node is fit", "[admission]") {
  Door door;
  door.table({a});
  const Verdict verdict = door.request(1);
  CHECK(node_of(verdict) == a);
  CHECK(std::get<Grant>(verdict).generation == door.generation);
}

TEST_CASE("without a fit node sessions wait and go through in the order they came", "[admission]") {
  Door door;
  CHECK(is_held(door.request(1)));
  door.table({});
  CHECK(is_held(door.request(2)));
  CHECK(is_held(door.request(3)));
  CHECK(door.admission.load(write_port, at(0s)).held == 3);
  door.table({a}, at(1s));
  CHECK(door.granted() == Numbers{1, 2, 3});
  CHECK(door.admission.load(write_port, at(1s)).held == 0);
  CHECK(door.admission.next_expiry() == std::nullopt);
}

TEST_CASE("a candidate that has run out is not used, and the client waits", "[admission]") {
  Door door;
  door.table({a}, at(0s), at(3s));
  CHECK(node_of(door.request(1, at(2999ms))) == a);
  CHECK(is_held(door.request(2, at(3s))));
  door.table({a}, at(4s), at(6s));
  CHECK(door.granted() == Numbers{2});
}

TEST_CASE("a wait in vain ends with what is missing and for how long", "[admission]") {
  Door door;
  door.policies[0].hold = 5s;
  door.configure();
  door.table({});
  CHECK(is_held(door.request(1, at(0s))));
  CHECK(door.admission.next_expiry() == at(5s));
  CHECK(door.expire(at(4999ms)).empty());
  const auto expired = door.expire(at(5s));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].session == session(1));
  CHECK(std::string(expired[0].refusal.sqlstate) == "57P03");
  CHECK(expired[0].refusal.message == "no leader: pg-a is stopping (waited 5s)");
  CHECK(door.admission.load(write_port, at(5s)).held == 0);
}

TEST_CASE("hold: 0 refuses at once", "[admission]") {
  Door door;
  door.policies[0].hold = 0s;
  door.configure();
  door.table({});
  CHECK(message(door.request(1)) == "no leader: pg-a is stopping");
}

TEST_CASE("max_held bounds the crowd that waits", "[admission]") {
  Door door;
  door.policies[0].max_held = 2;
  door.configure();
  door.table({});
  CHECK(is_held(door.request(1)));
  CHECK(is_held(door.request(2)));
  CHECK(message(door.request(3)) == "no leader: pg-a is stopping (2 clients are waiting already)");
}

TEST_CASE("a client that leaves makes room and is never let in", "[admission]") {
  Door door;
  door.table({});
  (void)door.request(1);
  (void)door.request(2);
  door.ended(1);
  door.table({a});
  CHECK(door.granted() == Numbers{2});
}

TEST_CASE("a released crowd starts max_starting at a time", "[admission]") {
  Door door;
  door.policies[0].max_starting = 2;
  door.configure();
  for (std::uint64_t i = 1; i <= 5; ++i) (void)door.request(i);
  door.table({a});
  CHECK(door.granted() == Numbers{1, 2});
  door.started(1);
  CHECK(door.granted() == Numbers{3});
  door.ended(2);  // gave up while starting
  CHECK(door.granted() == Numbers{4});
  CHECK(door.admission.load(write_port, at(0s)).starting == 2);
  CHECK(door.admission.load(write_port, at(0s)).queued == 1);
}

TEST_CASE("nobody overtakes those who wait", "[admission]") {
  Door door;
  door.policies[0].max_starting = 1;
  door.configure();
  door.table({a});
  CHECK(node_of(door.request(1)) == a);
  CHECK(is_held(door.request(2)));
  door.started(1);
  CHECK(door.granted() == Numbers{2});
  door.started(2);
  CHECK(node_of(door.request(3)) == a);
}

TEST_CASE("a client that owes an answer has no start-up slot", "[admission]") {
  Door door;
  door.policies[0].max_starting = 1;
  door.configure();
  door.table({a});
  CHECK(node_of(door.request(1)) == a);
  CHECK(is_held(door.request(2)));
  CHECK(is_held(door.request(3)));
  door.client_owes(1);
  CHECK(door.granted() == Numbers{2});
  CHECK(door.admission.load(write_port, at(0s)).starting == 1);
  CHECK(door.admission.load(write_port, at(0s)).sessions == 2);

  // It has answered: at once among those that start, though there is no room, and nobody new comes in.
  door.admission.server_owes(session(1));
  CHECK(door.admission.load(write_port, at(0s)).starting == 2);
  door.started(2);
  CHECK(door.granted().empty());
  door.started(1);
  CHECK(door.granted() == Numbers{3});
}

TEST_CASE("who owes an answer makes room where a limit on connections keeps others out", "[admission]") {
  Door door;
  const bool per_node = GENERATE(true, false);
  (per_node ? door.policies[0].node_max_connections : door.policies[0].max_connections) = 3;
  door.configure();
  door.table({a});
  for (const std::uint64_t number : Numbers{1, 2, 3}) REQUIRE(node_of(door.request(number)) == a);
  door.started(1);
  door.client_owes(3, true);
  door.client_owes(2, true, at(100ms));
  const auto displaced = [&] {
    Numbers numbers;
    for (const SessionId id : door.admission.take_displaced()) numbers.push_back(id.number);
    return numbers;
  };
  CHECK(displaced().empty());

  SECTION("the one that has owed longest, once it has had its time, and one for each that waits") {
    CHECK(is_held(door.request(4, at(500ms))));
    CHECK(displaced().empty());
    CHECK(door.admission.next_expiry() == at(1s));
    CHECK(door.expire(at(1s)).empty());
    CHECK(displaced() == Numbers{3});
    CHECK(door.expire(at(5s)).empty());
    CHECK(displaced().empty());
    door.ended(3, at(5s));
    CHECK(door.granted() == Numbers{4});
    CHECK(is_held(door.request(5, at(5s))));
    CHECK(displaced() == Numbers{2});
  }
  SECTION("who has answered meanwhile stays, and another one goes") {
    CHECK(is_held(door.request(4, at(2s))));
    CHECK(displaced() == Numbers{3});
    door.admission.server_owes(session(3));
    door.started(3, at(2s));
    CHECK(displaced() == Numbers{2});
    door.ended(2, at(2s));
    CHECK(door.granted() == Numbers{4});
  }
  SECTION("for the next one, where nobody may wait") {
    door.policies[0].hold = 0s;
    door.configure();
    CHECK(message(door.request(4, at(2s))).find(per_node ? "further connection" : "all 3 connections") !=
          std::string::npos);
    CHECK(displaced() == Numbers{3});
  }
  SECTION("not where something else keeps them out") {
    door.table({}, at(2s));
    CHECK(is_held(door.request(4, at(2s))));
    CHECK(displaced().empty());
  }
}

TEST_CASE("turns count once, and only in a start-up", "[admission]") {
  Door door;
  door.table({a});
  const auto starting = [&] { return door.admission.load(write_port, at(0s)).starting; };
  (void)door.request(1);
  door.client_owes(1);
  door.client_owes(1);
  CHECK(starting() == 0);
  door.admission.server_owes(session(1));
  door.admission.server_owes(session(1));
  CHECK(starting() == 1);
  SECTION("started in the client's turn") {
    door.client_owes(1);
    door.started(1);
  }
  SECTION("ended in the client's turn") {
    door.client_owes(1);
    door.ended(1);
    CHECK(door.admission.sessions_on(a) == 0);
  }
  SECTION("sent back to the queue in the client's turn") {
    door.client_owes(1);
    CHECK(is_held(door.retry(1, RetryCause::reset, at(0s))));
    CHECK(door.admission.sessions_on(a) == 0);
  }
  SECTION("started") {
    door.started(1);
  }
  door.client_owes(1);
  door.admission.server_owes(session(1));
  door.client_owes(42);
  door.admission.server_owes(session(42));
  CHECK(starting() == 0);
}

TEST_CASE("a suspect node is trusted again once it has authenticated, not for an answer to SSLRequest",
          "[admission]") {
  Door door;
  door.table({a});
  (void)door.request(1);
  CHECK(is_held(door.retry(1, RetryCause::not_ready, at(0s))));
  CHECK(is_held(door.request(2, at(10ms))));
  CHECK(is_held(door.request(3, at(20ms))));
  (void)door.expire(at(200ms));
  REQUIRE(door.granted() == Numbers{1});
  SECTION("by an authentication request") {
    door.client_owes(1, true, at(210ms));
    CHECK(door.granted() == Numbers{2, 3});
  }
  SECTION("not by N: the others go on waiting, one tries at a time") {
    door.client_owes(1, false, at(210ms));
    CHECK(door.granted().empty());
    (void)door.expire(at(1200ms));
    CHECK(door.granted() == Numbers{2});
  }
  SECTION("not by a start-up that nobody knows the end of") {
    door.grants.clear();
    door.admission.started(session(1), false, at(210ms), door.grants);
    CHECK(door.granted() == Numbers{2});
  }
  SECTION("whoever tries leaves: the next one tries at once") {
    door.ended(1, at(210ms));
    CHECK(door.granted() == Numbers{2});
  }
}

TEST_CASE("connection limits queue, for the listener and for each node", "[admission]") {
  Door door;
  SECTION("of the listener") {
    door.policies[0].max_connections = 2;
    door.configure();
    door.table({a, b});
    (void)door.request(1);
    (void)door.request(2);
    CHECK(is_held(door.request(3)));
    const auto expired = door.expire(at(60s));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "53300");
    CHECK(expired[0].refusal.message == "all 2 connections of listener \"write\" are in use (waited 1min)");
  }
  SECTION("of each node") {
    door.policies[0].node_max_connections = 1;
    door.configure();
    door.table({a, b});
    const NodeId first = node_of(door.request(1));
    const NodeId second = node_of(door.request(2));
    CHECK(first != second);
    CHECK(is_held(door.request(3)));
    door.ended(2);
    REQUIRE(door.granted() == Numbers{3});
    CHECK(door.grants[0].candidate.node == second);
  }
  SECTION("the listeners count apart, the node's sum is known") {
    door.table({a});
    (void)door.request(1);
    (void)door.request(2, at(0s), read_port);
    CHECK(door.admission.load(write_port, at(0s)).sessions == 1);
    CHECK(door.admission.sessions_on(a) == 2);
  }
}

TEST_CASE("a refused session goes to another node at once", "[admission]") {
  Door door;
  door.table({a, b});
  const NodeId first = node_of(door.request(1));
  const NodeId second = node_of(door.retry(1, RetryCause::refused, at(0s)));
  CHECK(second.is_set());
  CHECK(second != first);
  CHECK(node_of(door.request(2)) == second);  // the first is suspect for everybody
}

TEST_CASE("a refusing node is tried again by one session, and by all once it has started", "[admission]") {
  Door door;
  door.table({a});
  (void)door.request(1);
  CHECK(is_held(door.retry(1, RetryCause::not_ready, at(0s))));
  CHECK(is_held(door.request(2, at(10ms))));
  CHECK(is_held(door.request(3, at(20ms))));
  CHECK(door.admission.next_expiry() == at(200ms));
  (void)door.expire(at(200ms));
  CHECK(door.granted() == Numbers{1});
  door.started(1, at(210ms));
  CHECK(door.granted() == Numbers{2, 3});
}

TEST_CASE("the suspicion ends though the session that met it has left", "[admission]") {
  Door door;
  door.table({a});
  (void)door.request(1);
  (void)door.retry(1, RetryCause::refused, at(0s));
  (void)door.request(2, at(10ms));
  door.ended(1, at(20ms));
  (void)door.expire(at(200ms));
  CHECK(door.granted() == Numbers{2});
}

TEST_CASE("a start-up that never ends does not keep the others from a suspect node", "[admission]") {
  Door door;
  door.table({a});
  CHECK(node_of(door.request(1)) == a);
  CHECK(is_held(door.retry(1, RetryCause::not_ready, at(0s))));
  CHECK(is_held(door.request(2, at(10ms))));
  CHECK(is_held(door.request(3, at(20ms))));
  CHECK(door.expire(at(200ms)).empty());
  CHECK(door.granted() == Numbers{1});  // and is never heard of again
  CHECK(door.admission.next_expiry() == at(1200ms));
  CHECK(door.expire(at(1199ms)).empty());
  CHECK(door.granted().empty());
  CHECK(door.expire(at(1200ms)).empty());
  CHECK(door.granted() == Numbers{2});
  door.started(2, at(1300ms));
  CHECK(door.granted() == Numbers{3});
}

TEST_CASE("a reset says nothing about the node: others still go there", "[admission]") {
  Door door;
  door.table({a});
  (void)door.request(1);
  CHECK(is_held(door.retry(1, RetryCause::reset, at(0s))));
  CHECK(node_of(door.request(2, at(1ms))) == a);
  (void)door.expire(at(200ms));
  CHECK(door.granted() == Numbers{1});
}

TEST_CASE("a retried session keeps its first deadline", "[admission]") {
  Door door;
  door.policies[0].hold = 1s;
  door.configure();
  door.table({a});
  (void)door.request(1, at(0s));
  CHECK(is_held(door.retry(1, RetryCause::refused, at(900ms))));
  const auto expired = door.expire(at(1s));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].session == session(1));
}

TEST_CASE("who waits in vain for a node that takes no session is told what it said last", "[admission]") {
  Door door;
  door.policies[0].hold = 1s;
  door.configure();
  door.table({a});
  (void)door.request(1);
  SECTION("refused connections") {
    CHECK(is_held(door.retry(1, RetryCause::refused, at(900ms))));
    CHECK(door.admission.load(write_port, at(900ms)).held == 1);
    CHECK(door.admission.load(write_port, at(900ms)).queued == 0);
    const auto expired = door.expire(at(1s));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "57P03");
    CHECK(
        expired[0].refusal.message ==
        "no server of listener \"write\" takes a session: pg-1: connect to 10.0.0.1:5432: connection refused "
        "(waited 1s)");
    CHECK(expired[0].refusal.hint ==
          "its REST API says that it is fit; look at its PostgreSQL port as the router sees it");
  }
  SECTION("at the end of the wait itself") {
    const Verdict verdict = door.retry(1, RetryCause::refused, at(1s));
    REQUIRE(std::holds_alternative<Refusal>(verdict));
    CHECK(std::string(std::get<Refusal>(verdict).sqlstate) == "57P03");
  }
  SECTION("a server that starts up") {
    CHECK(is_held(door.retry(1, RetryCause::not_ready, at(900ms), "the server said 57P03 \"starting up\"")));
    const auto expired = door.expire(at(1s));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "57P03");
    CHECK(expired[0].refusal.message ==
          "no server of listener \"write\" takes a session: pg-1: the server said 57P03 \"starting up\" "
          "(waited 1s)");
    CHECK(expired[0].refusal.hint == "retry shortly");
  }
  SECTION("not where another node has no room") {
    door.policies[0].node_max_connections = 1;
    door.configure();
    door.table({a, b});
    CHECK(node_of(door.retry(1, RetryCause::refused, at(100ms))) == b);
    CHECK(is_held(door.request(2, at(200ms))));
    (void)door.expire(at(300ms));  // probes a
    REQUIRE(door.granted() == Numbers{2});
    CHECK(is_held(door.retry(2, RetryCause::refused, at(1100ms))));
    const auto expired = door.expire(at(1200ms));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "53300");
  }
  SECTION("not once one has started again") {
    CHECK(is_held(door.retry(1, RetryCause::refused, at(100ms))));
    (void)door.expire(at(300ms));
    door.started(1, at(400ms));
    door.policies[0].max_connections = 1;
    door.configure(at(400ms));
    CHECK(is_held(door.request(2, at(400ms))));
    const auto expired = door.expire(at(1400ms));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "53300");
  }
}

TEST_CASE("a listener that is taken out refuses, ends its waits and keeps count of its sessions",
          "[admission]") {
  Door door;
  door.table({a});
  (void)door.request(1);
  door.table({});
  (void)door.request(2);
  door.policies.erase(door.policies.begin());
  door.configure(at(1s));
  const auto expired = door.expire(at(1s));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].refusal.message == "this listener was taken out of the configuration");
  CHECK(message(door.request(3)) == "this listener was taken out of the configuration");
  CHECK(door.admission.sessions_on(a) == 1);
  door.ended(1);
  CHECK(door.admission.sessions_on(a) == 0);
}

TEST_CASE("a session that loses its server on a listener taken out is refused at once", "[admission]") {
  Door door;
  door.table({a});
  CHECK(node_of(door.request(1, at(0s), read_port)) == a);
  door.policies.pop_back();
  door.configure(at(1s));
  CHECK(message(door.retry(1, RetryCause::refused, at(2s))) ==
        "this listener was taken out of the configuration");
  CHECK(door.admission.sessions_on(a) == 0);
  CHECK(door.admission.next_expiry() == std::nullopt);
}

TEST_CASE("who waits on a listener taken out is told so, whatever the table says", "[admission]") {
  Door door;
  door.policies[1].node_max_connections = 1;
  door.configure();
  door.table({a});
  CHECK(node_of(door.request(1, at(0s), read_port)) == a);
  CHECK(is_held(door.request(2, at(0s), read_port)));
  door.policies.pop_back();
  door.configure(at(1s));
  const std::vector<Expiry> expiries = door.expire(at(1s));
  REQUIRE(expiries.size() == 1);
  CHECK(expiries[0].refusal.message.starts_with("this listener was taken out of the configuration"));
}

TEST_CASE("ending a session that is not known is harmless", "[admission]") {
  Door door;
  door.ended(42);
  door.started(42);
  CHECK(door.granted().empty());
}

TEST_CASE("the most sessions and the most waiting clients are remembered until they are cleared",
          "[admission]") {
  Door door;
  door.policies[0].node_max_connections = 2;
  door.configure();
  door.table({a, b});
  for (std::uint64_t i = 1; i <= 7; ++i) (void)door.request(i);
  for (std::uint64_t i = 1; i <= 7; ++i) door.ended(i);
  ListenerLoad load = door.admission.load(write_port, at(0s));
  CHECK(load.sessions == 0);
  CHECK(load.sessions_max == 4);
  CHECK(load.waiting_max == 3);
  CHECK(load.clients_max == 7);
  REQUIRE(load.nodes.size() == 2);
  CHECK(load.nodes[0].sessions_max == 2);
  CHECK(load.nodes[1].sessions_max == 2);
  (void)door.request(8);
  door.admission.clear_maxima();
  load = door.admission.load(write_port, at(0s));
  CHECK(load.sessions_max == 1);
  CHECK(load.waiting_max == 0);
  CHECK(load.clients_max == 1);
  CHECK(load.nodes[0].sessions_max + load.nodes[1].sessions_max == 1);
}

TEST_CASE("starting sessions are counted by node", "[admission]") {
  Door door;
  door.table({a, b});
  for (std::uint64_t i = 1; i <= 4; ++i) (void)door.request(i);
  door.started(1);
  const ListenerLoad load = door.admission.load(write_port, at(0s));
  CHECK(load.starting == 3);
  CHECK(load.nodes[0].starting + load.nodes[1].starting == 3);
}

TEST_CASE("the oldest wait is of those that wait now, the longest of all", "[admission]") {
  Door door;
  door.policies[0].hold = 10s;
  door.configure();
  CHECK(door.admission.load(write_port, at(0s)).oldest_wait == std::nullopt);
  (void)door.request(1, at(0s));
  (void)door.request(2, at(3s));
  ListenerLoad load = door.admission.load(write_port, at(4s));
  CHECK(load.oldest_wait == 4s);
  CHECK(load.longest_wait == 4s);
  door.ended(1, at(5s));
  load = door.admission.load(write_port, at(6s));
  CHECK(load.oldest_wait == 3s);
  CHECK(load.longest_wait == 5s);
  REQUIRE(door.expire(at(13s)).size() == 1);
  load = door.admission.load(write_port, at(14s));
  CHECK(load.oldest_wait == std::nullopt);
  CHECK(load.longest_wait == 10s);
  door.admission.clear_maxima();
  CHECK(door.admission.load(write_port, at(14s)).longest_wait == 0s);
}

TEST_CASE("a session that came back from a server counts its wait from when it asked first", "[admission]") {
  Door door;
  door.table({a});
  REQUIRE(node_of(door.request(1, at(0s))) == a);
  REQUIRE(node_of(door.request(2, at(1s))) == a);
  REQUIRE(is_held(door.retry(1, RetryCause::refused, at(2s))));
  REQUIRE(is_held(door.retry(2, RetryCause::refused, at(2s))));  // now in front of the first
  CHECK(door.admission.load(write_port, at(2100ms)).oldest_wait == 2100ms);
  (void)door.expire(at(2200ms));
  CHECK(door.admission.load(write_port, at(2200ms)).longest_wait == 2200ms);
}

TEST_CASE("a node of weight 0 gets no new sessions and keeps those it has", "[admission]") {
  Door door;
  door.table({a, b});
  std::vector<Grant> grants;
  door.admission.set_weight(write_port, a, 0, at(0s), grants);
  for (std::uint64_t i = 1; i <= 4; ++i) CHECK(node_of(door.request(i)) == b);
  CHECK(node_of(door.request(10, at(0s), read_port)) == a);  // weights are the listener's own
  door.admission.set_weight(write_port, b, 0, at(0s), grants);
  CHECK(is_held(door.request(5)));
  CHECK(door.admission.load(write_port, at(0s)).held == 1);
  CHECK(door.admission.load(write_port, at(0s)).sessions == 4);
  CHECK(grants.empty());
  SECTION("who waits goes through when there is a weight again") {
    door.admission.set_weight(write_port, a, 7, at(1s), grants);
    REQUIRE(grants.size() == 1);
    CHECK(grants[0].session == session(5));
    CHECK(grants[0].candidate.node == a);
  }
  SECTION("who waits in vain is told why") {
    const std::vector<Expiry> expiries = door.expire(at(60s));
    REQUIRE(expiries.size() == 1);
    CHECK(expiries[0].refusal.message == "every fit server of listener \"write\" has weight 0 (waited 1min)");
  }
}

TEST_CASE("sessions spread by weight, and weights survive a new configuration", "[admission]") {
  Door door;
  for (const Balance balance : {Balance::leastconn, Balance::roundrobin}) {
    door.policies[1].balance = balance;
    door.policies[1].max_starting = 1000;
    door.configure();
    door.table({a, b});
    std::vector<Grant> grants;
    door.admission.set_weight(read_port, b, 3, at(0s), grants);
    door.configure();
    int on_b = 0;
    for (std::uint64_t i = 1; i <= 400; ++i) on_b += node_of(door.request(i, at(0s), read_port)) == b ? 1 : 0;
    CHECK(on_b == 300);
    for (std::uint64_t i = 1; i <= 400; ++i) door.ended(i);
  }
}

TEST_CASE("a start on a leader listener tells on which node, on another one nothing", "[admission]") {
  Door door;
  door.table({a});
  (void)door.request(1);
  (void)door.request(2, at(0s), read_port);
  CHECK(door.admission.started(session(1), true, at(0s), door.grants) == a);
  CHECK(door.admission.started(session(1), true, at(0s), door.grants) == NodeId{});
  CHECK(door.admission.started(session(2), true, at(0s), door.grants) == NodeId{});
}
