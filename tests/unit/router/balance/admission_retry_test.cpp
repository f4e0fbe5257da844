// Sessions whose node took them not, and nodes that are suspect.
#include "tests/unit/router/balance/admission_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE("a refused session goes to another node at once", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a, b});
  const NodeId first = node_of(fixture.request(1));
  const NodeId second = node_of(fixture.retry(1, RetryCause::refused, at(0s)));
  CHECK(second.is_set());
  CHECK(second != first);
  CHECK(node_of(fixture.request(2)) == second);  // the first is suspect for everybody
}

TEST_CASE("a refusing node is tried again by one session, and by all once it has started", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  (void)fixture.request(1);
  CHECK(is_held(fixture.retry(1, RetryCause::not_ready, at(0s))));
  CHECK(is_held(fixture.request(2, at(10ms))));
  CHECK(is_held(fixture.request(3, at(20ms))));
  CHECK(fixture.admission.next_expiry() == at(200ms));
  (void)fixture.expire(at(200ms));
  CHECK(fixture.granted() == Numbers{1});
  fixture.started(1, at(210ms));
  CHECK(fixture.granted() == Numbers{2, 3});
}

TEST_CASE("the suspicion ends though the session that met it has left", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  (void)fixture.request(1);
  (void)fixture.retry(1, RetryCause::refused, at(0s));
  (void)fixture.request(2, at(10ms));
  fixture.ended(1, at(20ms));
  (void)fixture.expire(at(200ms));
  CHECK(fixture.granted() == Numbers{2});
}

TEST_CASE("a start-up that never ends does not keep the others from a suspect node", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  CHECK(node_of(fixture.request(1)) == a);
  CHECK(is_held(fixture.retry(1, RetryCause::not_ready, at(0s))));
  CHECK(is_held(fixture.request(2, at(10ms))));
  CHECK(is_held(fixture.request(3, at(20ms))));
  CHECK(fixture.expire(at(200ms)).empty());
  CHECK(fixture.granted() == Numbers{1});  // and is never heard of again
  CHECK(fixture.admission.next_expiry() == at(1200ms));
  CHECK(fixture.expire(at(1199ms)).empty());
  CHECK(fixture.granted().empty());
  CHECK(fixture.expire(at(1200ms)).empty());
  CHECK(fixture.granted() == Numbers{2});
  fixture.started(2, at(1300ms));
  CHECK(fixture.granted() == Numbers{3});
}

TEST_CASE("a reset says nothing about the node: others still go there", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  (void)fixture.request(1);
  CHECK(is_held(fixture.retry(1, RetryCause::reset, at(0s))));
  CHECK(node_of(fixture.request(2, at(1ms))) == a);
  (void)fixture.expire(at(200ms));
  CHECK(fixture.granted() == Numbers{1});
}

TEST_CASE("a retried session keeps its first deadline", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].hold = 1s;
  fixture.configure();
  fixture.table({a});
  (void)fixture.request(1, at(0s));
  CHECK(is_held(fixture.retry(1, RetryCause::refused, at(900ms))));
  const auto expired = fixture.expire(at(1s));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].session == session(1));
}

TEST_CASE("who waits in vain for a node that takes no session is told what it said last", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].hold = 1s;
  fixture.configure();
  fixture.table({a});
  (void)fixture.request(1);
  SECTION("refused connections") {
    CHECK(is_held(fixture.retry(1, RetryCause::refused, at(900ms))));
    CHECK(fixture.admission.load(write_port, at(900ms)).held == 1);
    CHECK(fixture.admission.load(write_port, at(900ms)).queued == 0);
    const auto expired = fixture.expire(at(1s));
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
    const Verdict verdict = fixture.retry(1, RetryCause::refused, at(1s));
    REQUIRE(std::holds_alternative<Refusal>(verdict));
    CHECK(std::string(std::get<Refusal>(verdict).sqlstate) == "57P03");
  }
  SECTION("a server that starts up") {
    CHECK(
        is_held(fixture.retry(1, RetryCause::not_ready, at(900ms), "the server said 57P03 \"starting up\"")));
    const auto expired = fixture.expire(at(1s));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "57P03");
    CHECK(expired[0].refusal.message ==
          "no server of listener \"write\" takes a session: pg-1: the server said 57P03 \"starting up\" "
          "(waited 1s)");
    CHECK(expired[0].refusal.hint == "retry shortly");
  }
  SECTION("not where another node has no room") {
    fixture.policies[0].node_max_connections = 1;
    fixture.configure();
    fixture.table({a, b});
    CHECK(node_of(fixture.retry(1, RetryCause::refused, at(100ms))) == b);
    CHECK(is_held(fixture.request(2, at(200ms))));
    (void)fixture.expire(at(300ms));  // probes a
    REQUIRE(fixture.granted() == Numbers{2});
    CHECK(is_held(fixture.retry(2, RetryCause::refused, at(1100ms))));
    const auto expired = fixture.expire(at(1200ms));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "53300");
  }
  SECTION("not once one has started again") {
    CHECK(is_held(fixture.retry(1, RetryCause::refused, at(100ms))));
    (void)fixture.expire(at(300ms));
    fixture.started(1, at(400ms));
    fixture.policies[0].max_connections = 1;
    fixture.configure(at(400ms));
    CHECK(is_held(fixture.request(2, at(400ms))));
    const auto expired = fixture.expire(at(1400ms));
    REQUIRE(expired.size() == 1);
    CHECK(std::string(expired[0].refusal.sqlstate) == "53300");
  }
}
