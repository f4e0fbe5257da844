// What is counted, weighed, and left when a listener goes.
#include "tests/unit/router/balance/admission_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE("a listener that is taken out refuses, ends its waits and keeps count of its sessions",
          "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  (void)fixture.request(1);
  fixture.table({});
  (void)fixture.request(2);
  fixture.policies.erase(fixture.policies.begin());
  fixture.configure(at(1s));
  const auto expired = fixture.expire(at(1s));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].refusal.message == "this listener was taken out of the configuration");
  CHECK(message(fixture.request(3)) == "this listener was taken out of the configuration");
  CHECK(fixture.admission.sessions_on(a) == 1);
  fixture.ended(1);
  CHECK(fixture.admission.sessions_on(a) == 0);
}

TEST_CASE("a session that loses its server on a listener taken out is refused at once", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  CHECK(node_of(fixture.request(1, at(0s), read_port)) == a);
  fixture.policies.pop_back();
  fixture.configure(at(1s));
  CHECK(message(fixture.retry(1, RetryCause::refused, at(2s))) ==
        "this listener was taken out of the configuration");
  CHECK(fixture.admission.sessions_on(a) == 0);
  CHECK(fixture.admission.next_expiry() == std::nullopt);
}

TEST_CASE("who waits on a listener taken out is told so, whatever the table says", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[1].node_max_connections = 1;
  fixture.configure();
  fixture.table({a});
  CHECK(node_of(fixture.request(1, at(0s), read_port)) == a);
  CHECK(is_held(fixture.request(2, at(0s), read_port)));
  fixture.policies.pop_back();
  fixture.configure(at(1s));
  const std::vector<Expiry> expiries = fixture.expire(at(1s));
  REQUIRE(expiries.size() == 1);
  CHECK(expiries[0].refusal.message.starts_with("this listener was taken out of the configuration"));
}

TEST_CASE("ending a session that is not known is harmless", "[admission]") {
  AdmissionFixture fixture;
  fixture.ended(42);
  fixture.started(42);
  CHECK(fixture.granted().empty());
}

TEST_CASE("the most sessions and the most waiting clients are remembered until they are cleared",
          "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].node_max_connections = 2;
  fixture.configure();
  fixture.table({a, b});
  for (std::uint64_t i = 1; i <= 7; ++i) (void)fixture.request(i);
  for (std::uint64_t i = 1; i <= 7; ++i) fixture.ended(i);
  ListenerLoad load = fixture.admission.load(write_port, at(0s));
  CHECK(load.sessions == 0);
  CHECK(load.sessions_max == 4);
  CHECK(load.waiting_max == 3);
  CHECK(load.clients_max == 7);
  REQUIRE(load.nodes.size() == 2);
  CHECK(load.nodes[0].sessions_max == 2);
  CHECK(load.nodes[1].sessions_max == 2);
  (void)fixture.request(8);
  fixture.admission.clear_maxima();
  load = fixture.admission.load(write_port, at(0s));
  CHECK(load.sessions_max == 1);
  CHECK(load.waiting_max == 0);
  CHECK(load.clients_max == 1);
  CHECK(load.nodes[0].sessions_max + load.nodes[1].sessions_max == 1);
}

TEST_CASE("starting sessions are counted by node", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a, b});
  for (std::uint64_t i = 1; i <= 4; ++i) (void)fixture.request(i);
  fixture.started(1);
  const ListenerLoad load = fixture.admission.load(write_port, at(0s));
  CHECK(load.starting == 3);
  CHECK(load.nodes[0].starting + load.nodes[1].starting == 3);
}

TEST_CASE("the oldest wait is of those that wait now, the longest of all", "[admission]") {
  AdmissionFixture fixture;
  fixture.policies[0].hold = 10s;
  fixture.configure();
  CHECK(fixture.admission.load(write_port, at(0s)).oldest_wait == std::nullopt);
  (void)fixture.request(1, at(0s));
  (void)fixture.request(2, at(3s));
  ListenerLoad load = fixture.admission.load(write_port, at(4s));
  CHECK(load.oldest_wait == 4s);
  CHECK(load.longest_wait == 4s);
  fixture.ended(1, at(5s));
  load = fixture.admission.load(write_port, at(6s));
  CHECK(load.oldest_wait == 3s);
  CHECK(load.longest_wait == 5s);
  REQUIRE(fixture.expire(at(13s)).size() == 1);
  load = fixture.admission.load(write_port, at(14s));
  CHECK(load.oldest_wait == std::nullopt);
  CHECK(load.longest_wait == 10s);
  fixture.admission.clear_maxima();
  CHECK(fixture.admission.load(write_port, at(14s)).longest_wait == 0s);
}

TEST_CASE("a session that came back from a server counts its wait from when it asked first", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  REQUIRE(node_of(fixture.request(1, at(0s))) == a);
  REQUIRE(node_of(fixture.request(2, at(1s))) == a);
  REQUIRE(is_held(fixture.retry(1, RetryCause::refused, at(2s))));
  REQUIRE(is_held(fixture.retry(2, RetryCause::refused, at(2s))));  // now in front of the first
  CHECK(fixture.admission.load(write_port, at(2100ms)).oldest_wait == 2100ms);
  (void)fixture.expire(at(2200ms));
  CHECK(fixture.admission.load(write_port, at(2200ms)).longest_wait == 2200ms);
}

TEST_CASE("a node of weight 0 gets no new sessions and keeps those it has", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a, b});
  std::vector<Grant> grants;
  fixture.admission.set_weight(write_port, a, 0, at(0s), grants);
  for (std::uint64_t i = 1; i <= 4; ++i) CHECK(node_of(fixture.request(i)) == b);
  CHECK(node_of(fixture.request(10, at(0s), read_port)) == a);  // weights are the listener's own
  fixture.admission.set_weight(write_port, b, 0, at(0s), grants);
  CHECK(is_held(fixture.request(5)));
  CHECK(fixture.admission.load(write_port, at(0s)).held == 1);
  CHECK(fixture.admission.load(write_port, at(0s)).sessions == 4);
  CHECK(grants.empty());
  SECTION("who waits goes through when there is a weight again") {
    fixture.admission.set_weight(write_port, a, 7, at(1s), grants);
    REQUIRE(grants.size() == 1);
    CHECK(grants[0].session == session(5));
    CHECK(grants[0].candidate.node == a);
  }
  SECTION("who waits in vain is told why") {
    const std::vector<Expiry> expiries = fixture.expire(at(60s));
    REQUIRE(expiries.size() == 1);
    CHECK(expiries[0].refusal.message == "every fit server of listener \"write\" has weight 0 (waited 1min)");
  }
}

TEST_CASE("sessions spread by weight, and weights survive a new configuration", "[admission]") {
  AdmissionFixture fixture;
  for (const Balance balance : {Balance::leastconn, Balance::roundrobin}) {
    fixture.policies[1].balance = balance;
    fixture.policies[1].max_starting = 1000;
    fixture.configure();
    fixture.table({a, b});
    std::vector<Grant> grants;
    fixture.admission.set_weight(read_port, b, 3, at(0s), grants);
    fixture.configure();
    int on_b = 0;
    for (std::uint64_t i = 1; i <= 400; ++i)
      on_b += node_of(fixture.request(i, at(0s), read_port)) == b ? 1 : 0;
    CHECK(on_b == 300);
    for (std::uint64_t i = 1; i <= 400; ++i) fixture.ended(i);
  }
}

TEST_CASE("a start on a leader listener tells on which node, on another one nothing", "[admission]") {
  AdmissionFixture fixture;
  fixture.table({a});
  (void)fixture.request(1);
  (void)fixture.request(2, at(0s), read_port);
  CHECK(fixture.admission.started(session(1), true, at(0s), fixture.grants) == a);
  CHECK(fixture.admission.started(session(1), true, at(0s), fixture.grants) == NodeId{});
  CHECK(fixture.admission.started(session(2), true, at(0s), fixture.grants) == NodeId{});
}
