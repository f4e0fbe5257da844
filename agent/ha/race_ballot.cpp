#include "agent/ha/race_ballot.h"

#include <fmt/format.h>

namespace tamada::ha {

std::optional<RaceResult> primary_among(const std::map<std::string, PeerStatus>& answers) {
  for (const auto& [name, status] : answers) {
    if (status.server == PeerStatus::Server::primary) {
      return RaceResult{RaceResult::Kind::primary_alive, fmt::format("Primary ({}) is still alive", name)};
    }
  }
  return std::nullopt;
}

RaceResult count(const RaceBallot& ballot, bool insist) {
  if (auto alive = primary_among(ballot.answers)) return *alive;
  for (const auto& [name, status] : ballot.answers) {
    // A server that does not run receives nothing: that of a leader which has handed over.
    const bool is_final = !status.is_agent || status.server == PeerStatus::Server::stopped ||
                          (status.receiver_gone_since && *status.receiver_gone_since >= ballot.vacancy);
    if (!is_final && !insist && !status.tags.nofailover) {
      return {RaceResult::Kind::not_final, fmt::format("the WAL receiver of {} has not gone yet", name)};
    }
  }
  for (const auto& [name, status] : ballot.answers) {
    if (status.tags.nofailover || !status.position || *status.position == 0) continue;
    if (!ballot.former_leader.empty() && same_name(name, ballot.former_leader)) continue;
    if (*status.position > ballot.position) {
      return {RaceResult::Kind::ahead, fmt::format("Wal position of {} is ahead of my wal position", name)};
    }
    if (*status.position == ballot.position &&
        status.tags.failover_priority > ballot.tags.failover_priority) {
      return {RaceResult::Kind::preferred,
              fmt::format(
                  "{} has equally tolerable WAL position and priority {}, while this node has priority {}",
                  name, status.tags.failover_priority, ballot.tags.failover_priority)};
    }
  }
  return {RaceResult::Kind::won, "nobody who answered is ahead"};
}

}  // namespace tamada::ha
