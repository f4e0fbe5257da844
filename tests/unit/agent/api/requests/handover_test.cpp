#include <catch2/catch.hpp>

#include "agent/api/requests/handover_checks.h"
#include "agent/api/requests/handover_request.h"
#include "tests/support/agent_snapshot.h"

using namespace tamada;
using namespace tamada::agent;
using patroni::SynchronousMode;

namespace {

constexpr WallTime now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + std::chrono::hours(12)};
constexpr HandoverKind switchover = HandoverKind::switchover;
constexpr HandoverKind failover = HandoverKind::failover;

OrAnswer<HandoverRequest> parse(HandoverKind kind, const char* body, bool paused = false) {
  return parse_handover(kind, JsonBody::parse(body), paused, now);
}

void check_refused(HandoverKind kind, const char* body, int status, const char* words, bool paused = false) {
  CAPTURE(body);
  const auto request = parse(kind, body, paused);
  REQUIRE_FALSE(request);
  CHECK(request.error() == text_answer(status, words));
}

struct Cluster {
  ClusterSettings settings;
  ClusterView view = agent_cluster();

  [[nodiscard]] std::vector<std::string> candidates(const HandoverRequest& request) const {
    const auto names = handover_candidates(request, settings, view);
    return names ? *names : std::vector<std::string>{names.error().body};
  }
};

HandoverRequest asked(HandoverKind kind, const char* leader, const char* candidate) {
  return {kind, leader, candidate, std::nullopt};
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("switchovers and failovers are read", "[agent][handover]") {
  CHECK(parse(switchover, R"({"leader": "pg1"})").value() == asked(switchover, "pg1", ""));
  CHECK(parse(switchover, R"({"leader": "pg1", "candidate": "pg2"})").value() ==
        asked(switchover, "pg1", "pg2"));
  CHECK(parse(switchover, R"({"leader": "pg1", "member": "pg2"})").value() ==
        asked(switchover, "pg1", "pg2"));
  CHECK(parse(failover, R"({"candidate": "pg2"})").value() == asked(failover, "", "pg2"));
  // A failover that names the leader is a switchover.
  CHECK(parse(failover, R"({"leader": "pg1", "candidate": "pg2"})").value() ==
        asked(switchover, "pg1", "pg2"));
  CHECK(parse(switchover, R"({"leader": "pg1", "candidate": null, "scheduled_at": null})").value() ==
        asked(switchover, "pg1", ""));
  const auto later = parse(switchover, R"({"leader": "pg1", "scheduled_at": "2026-11-29T14:00:00+01:00"})");
  REQUIRE(later);
  CHECK(later->scheduled_at->at == now + std::chrono::hours(1));
}

TEST_CASE("a handover that cannot be meant is refused, in Patroni's order", "[agent][handover]") {
  check_refused(failover, R"({"leader": "pg1"})", 400,
                "Failover could be performed only to a specific candidate");
  check_refused(failover, R"({"scheduled_at": "x"})", 400,
                "Failover could be performed only to a specific candidate");
  check_refused(switchover, R"({"candidate": "pg2", "scheduled_at": "x"})", 400,
                "Switchover could be performed only from a specific leader");
  check_refused(failover, R"({"candidate": "pg2", "scheduled_at": "x"})", 400, "Failover can't be scheduled");
  check_refused(switchover, R"({"leader": "pg1", "scheduled_at": "x"})", 400,
                "Can't schedule switchover in the paused state", true);
  check_refused(switchover, R"({"leader": "pg1", "scheduled_at": "x"})", 422,
                "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601");
  check_refused(switchover, R"({"leader": "pg1", "scheduled_at": "2026-11-29T14:00:00"})", 400,
                "Timezone information is mandatory for the scheduled switchover");
  check_refused(switchover, R"({"leader": "pg1", "scheduled_at": "2026-11-29T11:00:00Z"})", 422,
                "Cannot schedule switchover in the past");
  check_refused(switchover, R"({"leader": "pg1"})", 400,
                "Switchover is possible only to a specific candidate in a paused state", true);
  check_refused(switchover, R"({"leader": "pg1", "candidate": "pg1"})", 400,
                "Switchover target and source are the same");
  CHECK(parse(switchover, R"({"leader": "pg1", "candidate": "pg2"})", true));
}

TEST_CASE("every member but the leader is a candidate, where none is named", "[agent][handover]") {
  Cluster cluster;
  CHECK(cluster.candidates(asked(switchover, "pg1", "")) == Names{"pg2", "pg3"});
  cluster.view.members[0].api_url.clear();
  CHECK(cluster.candidates(asked(switchover, "pg1", "")) == Names{"pg3"});
  CHECK(cluster.candidates(asked(switchover, "pg2", "")) == Names{"leader name does not match"});
  cluster.view.members = {agent_member("pg1", 5000)};
  CHECK(cluster.candidates(asked(switchover, "pg1", "")) ==
        Names{"switchover is not possible: cluster does not have members except leader"});
}

TEST_CASE("a named candidate must be a member", "[agent][handover]") {
  Cluster cluster;
  CHECK(cluster.candidates(asked(switchover, "pg1", "pg2")) == Names{"pg2"});
  CHECK(cluster.candidates(asked(failover, "", "pg9")) == Names{"candidate does not exists"});
  cluster.view.leader.reset();
  CHECK(cluster.candidates(asked(failover, "", "pg2")) == Names{"pg2"});
  CHECK(cluster.candidates(asked(switchover, "pg1", "pg2")) == Names{"leader name does not match"});
}

TEST_CASE("in synchronous mode a switchover goes to a synchronous standby", "[agent][handover]") {
  Cluster cluster;
  cluster.settings.synchronous_mode = SynchronousMode::on;
  CHECK(cluster.candidates(asked(switchover, "pg1", "")) ==
        Names{"switchover is not possible: can not find sync_standby"});
  cluster.view.sync.standbys = {"pg3"};
  CHECK(cluster.candidates(asked(switchover, "pg1", "")) == Names{"pg3"});
  CHECK(cluster.candidates(asked(switchover, "pg1", "pg2")) ==
        Names{"candidate name does not match with sync_standby"});
  CHECK(cluster.candidates(asked(failover, "", "pg2")) == Names{"pg2"});
  cluster.settings.synchronous_mode = SynchronousMode::quorum;
  CHECK(cluster.candidates(asked(switchover, "pg1", "pg2")) == Names{"pg2"});
  CHECK(cluster.candidates(asked(switchover, "pg1", "")) == Names{"pg2", "pg3"});
}

TEST_CASE("somebody must be fit to take over", "[agent][handover]") {
  CHECK_FALSE(refuse_candidates(switchover, {{"pg2", false, false, false}, {"pg3", true, false, false}}));
  for (const CandidateStatus& unfit :
       {CandidateStatus{"pg2", false, false, false}, CandidateStatus{"pg2", true, true, false},
        CandidateStatus{"pg2", true, false, true}}) {
    CHECK(refuse_candidates(failover, {unfit}) ==
          text_answer(412, "failover is not possible: no good candidates have been found"));
  }
  CHECK(refuse_candidates(switchover, {}) ==
        text_answer(412, "switchover is not possible: no good candidates have been found"));
}

TEST_CASE("a handover ends when somebody else leads, or when its key is gone", "[agent][handover]") {
  ClusterView cluster = agent_cluster();
  const Handover handover{switchover, "pg1", "pg2", 100};
  const Handover to_anybody{failover, "pg1", "", 100};
  CHECK(handover_end(handover, cluster) == text_answer(503, "Switchover failed"));
  CHECK(handover_end(to_anybody, cluster) == text_answer(503, "Failover failed"));
  cluster.failover = FailoverView{"pg1", "pg2", "", 100};
  CHECK_FALSE(handover_end(handover, cluster));
  cluster.leader.reset();
  CHECK_FALSE(handover_end(handover, cluster));
  cluster.leader = "pg2";
  CHECK(handover_end(handover, cluster) == text_answer(200, "Successfully switched over to \"pg2\""));
  CHECK(handover_end(to_anybody, cluster) == text_answer(200, "Successfully failed over to \"pg2\""));
  cluster.leader = "pg3";
  CHECK(handover_end(handover, cluster) == text_answer(200, "Switched over to \"pg3\" instead of \"pg2\""));
  CHECK(handover_end({failover, "pg1", "pg2", 100}, cluster) ==
        text_answer(200, "Failed over to \"pg3\" instead of \"pg2\""));
}

TEST_CASE("a view from before the request says nothing of how it ended", "[agent][handover]") {
  ClusterView cluster = agent_cluster();  // revision 100, without the key
  CHECK_FALSE(handover_end({switchover, "pg1", "pg2", 101}, cluster));
  cluster.revision = 101;
  CHECK(handover_end({switchover, "pg1", "pg2", 101}, cluster));
}

TEST_CASE("a client waits twice as long as the loop, and 20 seconds at least", "[agent][handover]") {
  ClusterSettings settings;
  CHECK(handover_patience(settings) == Duration(20s));
  settings.loop_wait = 1s;
  CHECK(handover_patience(settings) == Duration(20s));
  settings.loop_wait = 15s;
  CHECK(handover_patience(settings) == Duration(30s));
  CHECK(handover_unknown(switchover, 20s) ==
        text_answer(503, "Switchover status unknown after 20 seconds; operation may still be in progress"));
}
