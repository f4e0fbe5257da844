#include "agent/peers/peer_status.h"

#include <catch2/catch.hpp>

#include "agent/api/answers/status_json.h"
#include "tests/support/agent_snapshot.h"

using namespace tamada;
using namespace tamada::agent;
using Server = ha::PeerStatus::Server;

namespace {

const PeerIdentity pg2{"pg2", "orders", "7567123412341234123"};

// A status of pg2 with `fields` before what is in each.
std::string body(const std::string& fields) {
  return "{" + fields +
         R"(, "database_system_identifier": "7567123412341234123", "patroni": {"version": "4.1.4", "scope": "orders", "name": "pg2"}})";
}

ha::PeerStatus status_of(const std::string& fields) {
  return read_peer_report(body(fields), pg2).value().status;
}

ErrorKind refusal(const std::string& text, const PeerIdentity& expected = pg2) {
  const auto report = read_peer_report(text, expected);
  REQUIRE_FALSE(report);
  return report.error().kind;
}

}  // namespace

TEST_CASE("a member of Patroni's is what its positions say", "[agent][peer_status]") {
  const ha::PeerStatus primary =
      status_of(R"("state": "running", "role": "primary", "xlog": {"location": 5000}, "timeline": 3)");
  CHECK(primary.server == Server::primary);
  CHECK(primary.position == 5000);
  CHECK(primary.timeline == 3);
  CHECK_FALSE(primary.is_agent);

  const ha::PeerStatus standby = status_of(
      R"("state": "running", "role": "replica", "xlog": {"received_location": 4000, "replayed_location": 5000}, "timeline": null)");
  CHECK(standby.server == Server::standby);
  CHECK(standby.position == 5000);
  CHECK(standby.timeline == 0);

  // A leader that is not promoted yet, and one whose agent does not know it.
  CHECK(status_of(R"("state": "running", "role": "primary", "xlog": {"replayed_location": 1})").server ==
        Server::standby);
  CHECK(status_of(R"("state": "running", "role": "replica", "xlog": {"location": 1})").server ==
        Server::primary);
  CHECK(
      status_of(R"("state": "running", "role": "standby_leader", "xlog": {"received_location": 1})").server ==
      Server::standby);
}

TEST_CASE("a server whose position is not told is not known", "[agent][peer_status]") {
  for (const char* state : {"running", "unknown", "starting", "crashed", "stopping", "a new word"}) {
    INFO(state);
    const ha::PeerStatus status = status_of(R"("role": "replica", "state": ")" + std::string(state) + "\"");
    CHECK(status.server == Server::unknown);
    CHECK_FALSE(status.position);
  }
  CHECK(status_of(R"("state": "running", "role": "primary", "xlog": {}, "timeline": 3)").server ==
        Server::unknown);
  CHECK(status_of(R"("state": "stopped", "role": "replica")").server == Server::stopped);
}

TEST_CASE("tags are those of the member", "[agent][peer_status]") {
  const ha::NodeTags tags =
      status_of(
          R"("state": "running", "role": "replica", "tags": {"failover_priority": "2", "nosync": true, "replicatefrom": "pg3"})")
          .tags;
  CHECK(tags.failover_priority == 2);
  CHECK(tags.sync_priority == 0);
  CHECK(tags.replicatefrom == "pg3");
  CHECK_FALSE(tags.nofailover);
}

TEST_CASE("what one of our agents says is understood by another", "[agent][peer_status]") {
  NodeSnapshot snapshot = agent_replica();
  ha::PeerStatus status = read_peer_report(status_json(node_at(snapshot, agent_now)), pg2).value().status;
  CHECK(status.is_agent);
  CHECK_FALSE(status.receiver_gone_since);
  CHECK(status.server == Server::standby);
  CHECK(status.position == 5000);
  CHECK(status.timeline == 3);
  snapshot.receiver_gone_since = 812;
  status = read_peer_report(status_json(node_at(snapshot, agent_now)), pg2).value().status;
  CHECK(status.receiver_gone_since == 812);

  // A vote without a position is none.
  CHECK_FALSE(status_of(R"("state": "running", "role": "replica", "tamada": {"receiver_gone": 5})")
                  .receiver_gone_since);
  for (const char* wrong : {"-1", "\"5\"", "true", "5.5", "18446744073709551616"}) {
    INFO(wrong);
    const ha::PeerStatus odd = status_of(
        R"("state": "running", "role": "replica", "xlog": {"replayed_location": 1}, "tamada": {"receiver_gone": )" +
        std::string(wrong) + "}");
    CHECK(odd.is_agent);
    CHECK_FALSE(odd.receiver_gone_since);
  }
}

TEST_CASE("a status of somebody else is refused", "[agent][peer_status]") {
  const std::string good = body(R"("state": "running", "role": "primary", "xlog": {"location": 5000})");
  CHECK(refusal(good, {"pg3", "orders", ""}) == ErrorKind::denied);
  CHECK(refusal(good, {"pg2", "other", ""}) == ErrorKind::denied);
  CHECK(refusal(good, {"pg2", "orders", "7"}) == ErrorKind::denied);
  CHECK(read_peer_report(good, {"pg2", "orders", ""}));
  CHECK(refusal(R"({"state": "running", "role": "primary"})") == ErrorKind::denied);
  // Before Patroni 4.0 there was no name.
  CHECK(read_peer_report(R"({"state": "running", "role": "master", "patroni": {"scope": "orders"}})", pg2));
}

TEST_CASE("what cannot be read is not believed in part", "[agent][peer_status]") {
  CHECK(refusal("") == ErrorKind::invalid);
  CHECK(refusal("<html>") == ErrorKind::invalid);
  CHECK(refusal("[]") == ErrorKind::invalid);
  CHECK(refusal(body(R"("state": "running", "role": "primary")").substr(0, 60)) == ErrorKind::invalid);
  CHECK(refusal(body(R"("state": "running", "role": "replica", "xlog": {"location": "5000"})")) ==
        ErrorKind::invalid);
  CHECK(refusal(body(R"("state": "running", "role": "replica", "xlog": {"location": -1})")) ==
        ErrorKind::invalid);
}

TEST_CASE("a candidate is reachable where it tells a position", "[agent][peer_status]") {
  CHECK_FALSE(candidate_status("pg2", std::nullopt).may_take_over());
  CHECK(candidate_status("pg2", std::nullopt).name == "pg2");
  const auto candidate = [](const std::string& fields) {
    return candidate_status("pg2", read_peer_report(body(fields), pg2).value());
  };
  const std::string running = R"("state": "running", "role": "replica", "xlog": {"replayed_location": 1})";
  CHECK(candidate(running).may_take_over());
  CHECK_FALSE(candidate(R"("state": "running", "role": "replica")").is_reachable);
  CHECK(candidate(running + R"(, "watchdog_failed": true)").watchdog_failed);
  CHECK_FALSE(candidate(running + R"(, "watchdog_failed": false)").watchdog_failed);
  CHECK(candidate(running + R"(, "tags": {"nofailover": true})").nofailover);
  CHECK(candidate(running + R"(, "tags": {"failover_priority": 0})").nofailover);
}
