// Who is let in and who waits.
#include "tests/unit/router/balance/admission_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE("a session goes through at once when a node is fit", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  const Verdict verdict = fixture.request(1);
  CHECK(node_of(verdict) == a);
  CHECK(std::get<Grant>(verdict).generation == fixture.generation);
}

TEST_CASE("without a fit node sessions wait and go through in the order they came", "[admission]") {
  AdmissionFixture fixture;
  CHECK(is_held(fixture.request(1)));
  fixture.table({});
  CHECK(is_held(fixture.request(2)));
  CHECK(is_held(fixture.request(3)));
  CHECK(fixture.admission.load(write_port, at(0s)).held == 3);
  fixture.table({a}, at(1s));
  CHECK(fixture.granted() == Numbers{1, 2, 3});
  CHECK(fixture.admission.load(write_port, at(1s)).held == 0);
  CHECK(fixture.admission.next_expiry() == std::nullopt);
}

TEST_CASE("a candidate that has run out is not used, and the client waits", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a}, at(0s), at(3s));
  CHECK(node_of(fixture.request(1, at(2999ms))) == a);
  CHECK(is_held(fixture.request(2, at(3s))));
  fixture.table({a}, at(4s), at(6s));
  CHECK(fixture.granted() == Numbers{2});
}

TEST_CASE("a wait in vain ends with what is missing and for how long", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].hold = 5s;
  fixture.configure();
  fixture.table({});
  CHECK(is_held(fixture.request(1, at(0s))));
  CHECK(fixture.admission.next_expiry() == at(5s));
  CHECK(fixture.expire(at(4999ms)).empty());
  const auto expired = fixture.expire(at(5s));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].session == session(1));
  CHECK(std::string(expired[0].refusal.sqlstate) == "57P03");
  CHECK(expired[0].refusal.message == "no leader: pg-a is stopping (waited 5s)");
  CHECK(fixture.admission.load(write_port, at(5s)).held == 0);
}

TEST_CASE("hold: 0 refuses at once", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].hold = 0s;
  fixture.configure();
  fixture.table({});
  CHECK(message(fixture.request(1)) == "no leader: pg-a is stopping");
}

TEST_CASE("max_held bounds the crowd that waits", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].max_held = 2;
  fixture.configure();
  fixture.table({});
  CHECK(is_held(fixture.request(1)));
  CHECK(is_held(fixture.request(2)));
  CHECK(message(fixture.request(3)) == "no leader: pg-a is stopping (2 clients are waiting already)");
}

TEST_CASE("a client that leaves makes room and is never let in", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({});
  (void)fixture.request(1);
  (void)fixture.request(2);
  fixture.ended(1);
  fixture.table({a});
  CHECK(fixture.granted() == Numbers{2});
}

TEST_CASE("a released crowd starts max_starting at a time", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].max_starting = 2;
  fixture.configure();
  for (std::uint64_t i = 1; i <= 5; ++i) (void)fixture.request(i);
  fixture.table({a});
  CHECK(fixture.granted() == Numbers{1, 2});
  fixture.started(1);
  CHECK(fixture.granted() == Numbers{3});
  fixture.ended(2);  // gave up while starting
  CHECK(fixture.granted() == Numbers{4});
  CHECK(fixture.admission.load(write_port, at(0s)).starting == 2);
  CHECK(fixture.admission.load(write_port, at(0s)).queued == 1);
}

TEST_CASE("nobody overtakes those who wait", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].max_starting = 1;
  fixture.configure();
  fixture.table({a});
  CHECK(node_of(fixture.request(1)) == a);
  CHECK(is_held(fixture.request(2)));
  fixture.started(1);
  CHECK(fixture.granted() == Numbers{2});
  fixture.started(2);
  CHECK(node_of(fixture.request(3)) == a);
}

TEST_CASE("a client that owes an answer has no start-up slot", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].max_starting = 1;
  fixture.configure();
  fixture.table({a});
  CHECK(node_of(fixture.request(1)) == a);
  CHECK(is_held(fixture.request(2)));
  CHECK(is_held(fixture.request(3)));
  fixture.client_owes(1);
  CHECK(fixture.granted() == Numbers{2});
  CHECK(fixture.admission.load(write_port, at(0s)).starting == 1);
  CHECK(fixture.admission.load(write_port, at(0s)).sessions == 2);

  // It has answered: at once among those that start, though there is no room, and nobody new comes in.
  fixture.admission.server_owes(session(1));
  CHECK(fixture.admission.load(write_port, at(0s)).starting == 2);
  fixture.started(2);
  CHECK(fixture.granted().empty());
  fixture.started(1);
  CHECK(fixture.granted() == Numbers{3});
}

TEST_CASE("who owes an answer makes room where a limit on connections keeps others out", "[admission]") {
  AdmissionFixture fixture;
  const bool per_node = GENERATE(true, false);
  (per_node ? fixture.policies[0].node_max_connections : fixture.policies[0].max_connections) = 3;
  fixture.configure();
  fixture.table({a});
  for (const std::uint64_t number : Numbers{1, 2, 3}) REQUIRE(node_of(fixture.request(number)) == a);
  fixture.started(1);
  fixture.client_owes(3, true);
  fixture.client_owes(2, true, at(100ms));
  const auto displaced = [&] {
    Numbers numbers;
    for (const SessionId id : fixture.admission.take_displaced()) numbers.push_back(id.number);
    return numbers;
  };
  CHECK(displaced().empty());

  SECTION("the one that has owed longest, once it has had its time, and one for each that waits") {
    CHECK(is_held(fixture.request(4, at(500ms))));
    CHECK(displaced().empty());
    CHECK(fixture.admission.next_expiry() == at(1s));
    CHECK(fixture.expire(at(1s)).empty());
    CHECK(displaced() == Numbers{3});
    CHECK(fixture.expire(at(5s)).empty());
    CHECK(displaced().empty());
    fixture.ended(3, at(5s));
    CHECK(fixture.granted() == Numbers{4});
    CHECK(is_held(fixture.request(5, at(5s))));
    CHECK(displaced() == Numbers{2});
  }
  SECTION("who has answered meanwhile stays, and another one goes") {
    CHECK(is_held(fixture.request(4, at(2s))));
    CHECK(displaced() == Numbers{3});
    fixture.admission.server_owes(session(3));
    fixture.started(3, at(2s));
    CHECK(displaced() == Numbers{2});
    fixture.ended(2, at(2s));
    CHECK(fixture.granted() == Numbers{4});
  }
  SECTION("for the next one, where nobody may wait") {
    fixture.policies[0].hold = 0s;
    fixture.configure();
    CHECK(message(fixture.request(4, at(2s))).find(per_node ? "further connection" : "all 3 connections") !=
          std::string::npos);
    CHECK(displaced() == Numbers{3});
  }
  SECTION("not where something else keeps them out") {
    fixture.table({}, at(2s));
    CHECK(is_held(fixture.request(4, at(2s))));
    CHECK(displaced().empty());
  }
}

TEST_CASE("turns count once, and only in a start-up", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  const auto starting = [&] { return fixture.admission.load(write_port, at(0s)).starting; };
  (void)fixture.request(1);
  fixture.client_owes(1);
  fixture.client_owes(1);
  CHECK(starting() == 0);
  fixture.admission.server_owes(session(1));
  fixture.admission.server_owes(session(1));
  CHECK(starting() == 1);
  SECTION("started in the client's turn") {
    fixture.client_owes(1);
    fixture.started(1);
  }
  SECTION("ended in the client's turn") {
    fixture.client_owes(1);
    fixture.ended(1);
    CHECK(fixture.admission.sessions_on(a) == 0);
  }
  SECTION("sent back to the queue in the client's turn") {
    fixture.client_owes(1);
    CHECK(is_held(fixture.retry(1, RetryCause::reset, at(0s))));
    CHECK(fixture.admission.sessions_on(a) == 0);
  }
  SECTION("started") {
    fixture.started(1);
  }
  fixture.client_owes(1);
  fixture.admission.server_owes(session(1));
  fixture.client_owes(42);
  fixture.admission.server_owes(session(42));
  CHECK(starting() == 0);
}

TEST_CASE("a suspect node is trusted again once it has authenticated, not for an answer to SSLRequest",
          "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  (void)fixture.request(1);
  CHECK(is_held(fixture.retry(1, RetryCause::not_ready, at(0s))));
  CHECK(is_held(fixture.request(2, at(10ms))));
  CHECK(is_held(fixture.request(3, at(20ms))));
  (void)fixture.expire(at(200ms));
  REQUIRE(fixture.granted() == Numbers{1});
  SECTION("by an authentication request") {
    fixture.client_owes(1, true, at(210ms));
    CHECK(fixture.granted() == Numbers{2, 3});
  }
  SECTION("not by N: the others go on waiting, one tries at a time") {
    fixture.client_owes(1, false, at(210ms));
    CHECK(fixture.granted().empty());
    (void)fixture.expire(at(1200ms));
    CHECK(fixture.granted() == Numbers{2});
  }
  SECTION("not by a start-up that nobody knows the end of") {
    fixture.grants.clear();
    fixture.admission.started(session(1), false, at(210ms), fixture.grants);
    CHECK(fixture.granted() == Numbers{2});
  }
  SECTION("whoever tries leaves: the next one tries at once") {
    fixture.ended(1, at(210ms));
    CHECK(fixture.granted() == Numbers{2});
  }
}

TEST_CASE("connection limits queue, for the listener and for each node", "[admission]") {
  AdmissionFixture fixture;
  SECTION("of the listener") {
    fixture.policies[0].max_connections = 2;
    fixture.configure();
    fixture.table({a, b});
    (void)fixture.request(1);
    (void)fixture.request(2);
    CHECK(is_held(fixture.request(3)));
    const auto expired = fixture.expire(at(60s));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "53300");
    CHECK(expired[0].refusal.message == "all 2 connections of listener \"write\" are in use (waited 1min)");
  }
  SECTION("of each node") {
    fixture.policies[0].node_max_connections = 1;
    fixture.configure();
    fixture.table({a, b});
    const NodeId first = node_of(fixture.request(1));
    const NodeId second = node_of(fixture.request(2));
    CHECK(first != second);
    CHECK(is_held(fixture.request(3)));
    fixture.ended(2);
    REQUIRE(fixture.granted() == Numbers{3});
    CHECK(fixture.grants[0].candidate.node == second);
  }
  SECTION("the listeners count apart, the node's sum is known") {
    fixture.table({a});
    (void)fixture.request(1);
    (void)fixture.request(2, at(0s), read_port);
    CHECK(fixture.admission.load(write_port, at(0s)).sessions == 1);
    CHECK(fixture.admission.sessions_on(a) == 2);
  }
}
