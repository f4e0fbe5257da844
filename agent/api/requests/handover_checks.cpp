#include "agent/api/requests/handover_checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace tamada::agent {
namespace {

using Names = std::vector<std::string>;

std::string_view title_of(HandoverKind kind) {
  return kind == HandoverKind::switchover ? "Switchover" : "Failover";
}

// "switched", "failed"
std::string_view verb_of(HandoverKind kind) {
  return kind == HandoverKind::switchover ? "switched" : "failed";
}

tl::unexpected<Answer> refuse_412(std::string_view words) {
  return refuse(text_answer(412, words));
}

OrAnswer<Names> named_candidate(const HandoverRequest& request, bool only_sync, const ClusterView& cluster) {
  if (request.kind == HandoverKind::switchover && only_sync && !cluster.sync.names(request.candidate)) {
    return refuse_412("candidate name does not match with sync_standby");
  }
  if (cluster.find(request.candidate) == nullptr) return refuse_412("candidate does not exists");
  return Names{request.candidate};
}

}  // namespace

OrAnswer<Names> handover_candidates(const HandoverRequest& request, const ClusterSettings& settings,
                                    const ClusterView& cluster) {
  const std::string leader = cluster.leader.value_or("");
  if (!request.leader.empty() && request.leader != leader) return refuse_412("leader name does not match");
  // With a quorum anybody of it may take over, so /sync is no list of candidates then.
  const bool only_sync = settings.is_synchronous() && !settings.is_quorum();
  if (!request.candidate.empty()) return named_candidate(request, only_sync, cluster);

  Names names;
  for (const MemberView& member : cluster.members) {
    const bool is_candidate = only_sync
                                  ? cluster.sync.names(member.name)
                                  : leader.empty() || (member.name != leader && !member.api_url.empty());
    if (is_candidate) names.push_back(member.name);
  }
  if (!names.empty()) return names;
  return refuse_412(
      fmt::format("{} is not possible: {}", name_of(request.kind),
                  only_sync ? "can not find sync_standby" : "cluster does not have members except leader"));
}

std::optional<Answer> refuse_candidates(HandoverKind kind, const std::vector<CandidateStatus>& statuses) {
  if (std::any_of(statuses.begin(), statuses.end(),
                  [](const auto& status) { return status.may_take_over(); })) {
    return std::nullopt;
  }
  return text_answer(412,
                     fmt::format("{} is not possible: no good candidates have been found", name_of(kind)));
}

std::optional<Answer> handover_end(const Handover& handover, const ClusterView& cluster) {
  if (cluster.revision < handover.written_at) return std::nullopt;
  const std::string leader = cluster.leader.value_or("");
  if (!leader.empty() && leader != handover.former_leader) {
    if (handover.candidate.empty() || handover.candidate == leader) {
      return text_answer(200, fmt::format("Successfully {} over to \"{}\"", verb_of(handover.kind), leader));
    }
    return text_answer(200, fmt::format("{} over to \"{}\" instead of \"{}\"",
                                        handover.kind == HandoverKind::switchover ? "Switched" : "Failed",
                                        leader, handover.candidate));
  }
  if (cluster.failover) return std::nullopt;
  return text_answer(503, fmt::format("{} failed", title_of(handover.kind)));
}

Duration handover_patience(const ClusterSettings& settings) {
  return 2 * std::max<Duration>(10s, settings.loop_wait);
}

Answer handover_unknown(HandoverKind kind, Duration waited) {
  return text_answer(503,
                     fmt::format("{} status unknown after {} seconds; operation may still be in progress",
                                 title_of(kind), to_ms(waited) / 1000));
}

}  // namespace tamada::agent
