// What a router must never do, looked at as it could happen.
#include <fmt/format.h>

#include "tests/simulation/world/router_host.h"
#include "tests/simulation/world/world.h"

namespace tamada::simulation {

// By the answers alone that were delivered: 200 on /master, primary and running is a claim; a later answer that says
// otherwise ends it. A primary on /replica says nothing about its lock.
void RouterHost::note(const router::PollAnswer& answer) {
  if (!router::is_usable(answer)) return;
  const bool is_primary = answer.body->role == patroni::NodeRole::primary && answer.body->is_running();
  if (answer.asked == router::AskKind::replica && is_primary) return;
  const std::string& said_by = answer.body->name;
  for (std::uint32_t number = 1; number <= world_.names().size(); ++number) {
    const router::NodeId node{number};
    if (name_of(node) != said_by) continue;
    Word& word = words_[node];
    if (answer.sent < word.sent) return;
    word.sent = answer.sent;
    word.claims = is_primary && answer.status == 200;
    word.has_claimed = word.has_claimed || word.claims;
  }
}

void RouterHost::check_leader() {
  const router::NodeId leader = view_->leader_id();
  if (!leader.is_set()) return;
  const Word& word = words_[leader];
  // In a pause the last leader stays it, whatever becomes of its lock.
  if (word.claims || (word.has_claimed && world_.was_paused())) return;
  world_.fail(fmt::format("the router calls {} the leader, which {}", name_of(leader),
                          word.has_claimed ? "says that it is not" : "has never said so"));
}

void RouterHost::check_table(const router::RoutingTable& table) {
  for (const router::ListenerRoutes& routes : table.listeners) {
    for (const router::Candidate& candidate : routes.candidates) {
      if (candidate.node == view_->leader_id() && routes.candidates.size() == 1) continue;
      world_.fail(fmt::format("the router sends writers to {}, which it does not call the leader",
                              name_of(candidate.node)));
    }
  }
}

// Also where the server of the other one has ended: a router cannot know that.
void RouterHost::check_writers(router::NodeId node) {
  for (const auto& [other, admitted] : sessions_) {
    if (other == node) continue;
    world_.fail(fmt::format("the router sends new writers to {} while those of {} have not been cut",
                            name_of(node), name_of(other)));
  }
}

}  // namespace tamada::simulation
