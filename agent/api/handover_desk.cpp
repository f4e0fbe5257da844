#include "agent/api/handover_desk.h"

#include <utility>
#include <vector>

namespace tamada::agent {

HandoverDesk::Waiting::Waiting(loop::Loop& loop, Handover what, PendingAnswer who, Duration patience)
    : handover(std::move(what)), pending(std::move(who)), limit(loop, [this, patience] {
        is_over = true;
        // A copy, since what the client sends next may let go of this at once.
        const PendingAnswer client = pending;
        client.send(handover_unknown(handover.kind, patience));
      }) {
  limit.start(patience);
}

void HandoverDesk::wait(const Handover& handover, Duration patience, const PendingAnswer& pending) {
  // Those that ran out of time, or whose clients left, are let go of here and with each view, not in their own timer.
  waiting_.remove_if([](const Waiting& one) { return one.is_over || !one.pending.is_open(); });
  waiting_.emplace_back(loop_, handover, pending, patience);
}

void HandoverDesk::on_cluster(const ClusterView& cluster) {
  // Answered once the list is whole again: a client's next request may come from inside its answer.
  std::vector<std::pair<PendingAnswer, Answer>> answers;
  waiting_.remove_if([&](const Waiting& one) {
    if (one.is_over) return true;
    const auto end = handover_end(one.handover, cluster);
    if (end) answers.emplace_back(one.pending, *end);
    return end.has_value();
  });
  for (const auto& [client, answer] : answers) client.send(answer);
}

}  // namespace tamada::agent
