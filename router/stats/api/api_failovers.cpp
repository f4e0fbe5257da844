// The fail-overs and the history of facts.
#include "router/stats/api/api_sections.h"

namespace tamada::router::api {
namespace {

Json steps_json(const Failover& failover) {
  Json steps = Json::array();
  for (const FailoverStep& step : failover.steps) {
    steps.push_back(
        {{"at", at(step.at)}, {"event", name_of(step.kind)}, {"node", step.node}, {"words", step.words}});
  }
  return steps;
}

Json failover_json(const Failover& failover) {
  return {{"number", failover.number},
          {"from", failover.from},
          {"to", failover.to},
          {"planned", failover.planned},
          {"over", failover.is_over()},
          {"first_sign_at", at(failover.first_sign)},
          {"leader_gone_at", at(failover.leader_gone)},
          {"claimed_at", at(failover.claimed)},
          {"confirmed_at", at(failover.confirmed)},
          {"first_session_at", at(failover.first_session)},
          {"why_gone", failover.why_gone},
          {"why_confirmed", failover.why_confirmed},
          {"stood_still_ms", failover.stood_still ? Json(failover.stood_still->count()) : Json(nullptr)},
          {"waited", failover.waited},
          {"cut", failover.cut},
          {"failed", failover.failed},
          {"steps", steps_json(failover)}};
}

}  // namespace

Json failovers_section(const StatsSnapshot& snapshot) {
  Json all = Json::array();
  for (const Failover& failover : snapshot.failovers) all.push_back(failover_json(failover));
  return all;
}

Json history_section(const StatsSnapshot& snapshot) {
  Json all = Json::array();
  for (const PastFactStats& fact : snapshot.history) {
    all.push_back({{"at", at(fact.at)},
                   {"event", name_of(fact.kind)},
                   {"node", fact.node},
                   {"words", fact.words},
                   {"warning", fact.warning}});
  }
  return all;
}

}  // namespace tamada::router::api
