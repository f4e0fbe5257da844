// What becomes of a switchover or failover that is asked for: whether somebody could take over, and how it ended. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/api/answers/cluster_view.h"
#include "agent/api/requests/handover_request.h"

namespace tamada::agent {

// Whose status is asked for before an immediate one: at least one name. 412: it cannot be, with the reason.
[[nodiscard]] OrAnswer<std::vector<std::string>> handover_candidates(const HandoverRequest& request,
                                                                     const ClusterSettings& settings,
                                                                     const ClusterView& cluster);

// What a candidate's GET /patroni told.
struct CandidateStatus {
  std::string name;
  bool is_reachable = false;  // answered, with a position
  bool nofailover = false;
  bool watchdog_failed = false;

  [[nodiscard]] bool may_take_over() const { return is_reachable && !nofailover && !watchdog_failed; }
};
// 412 where none of them may take over.
[[nodiscard]] std::optional<Answer> refuse_candidates(HandoverKind kind,
                                                      const std::vector<CandidateStatus>& statuses);

// What the client waits for.
struct Handover {
  HandoverKind kind = HandoverKind::switchover;
  std::string former_leader;    // empty: nobody led
  std::string candidate;        // empty: whoever is fit
  std::int64_t written_at = 0;  // revision of etcd that holds the request; older views say nothing of it
};
// None: it goes on.
[[nodiscard]] std::optional<Answer> handover_end(const Handover& handover, const ClusterView& cluster);
// How long a client waits: 20 s, or twice the loop's wait if that is more.
[[nodiscard]] Duration handover_patience(const ClusterSettings& settings);
[[nodiscard]] Answer handover_unknown(HandoverKind kind, Duration waited);

}  // namespace tamada::agent
