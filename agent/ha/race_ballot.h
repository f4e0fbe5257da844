// RaceBallot: who is the fittest to become the leader, once every peer that can be asked has been asked. Pure.
//
// What it cannot know: what a peer has that did not answer. In asynchronous mode that is the loss which
// maximum_lag_on_failover allows; in synchronous mode everybody who may race has everything that was acknowledged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/ha/ha_events.h"
#include "agent/ha/ha_settings.h"
#include "agent/ha/store_view.h"

namespace tamada::ha {

struct RaceBallot {
  NodeTags tags;                              // mine
  Lsn position = 0;                           // mine, read after the WAL receiver had gone
  std::int64_t vacancy = 0;                   // the revision at which this node saw that there is no leader
  std::map<std::string, PeerStatus> answers;  // of this stage
  std::string
      former_leader;  // synchronous mode: /sync's leader, which may be ahead by what was never acknowledged
};

struct RaceResult {
  enum class Kind {
    won,
    primary_alive,  // a peer is a primary
    ahead,          // a peer has more
    preferred,      // a peer has as much and a higher failover_priority
    not_final,      // an agent's receiver has not gone yet: its position is no vote, ask again
  };
  Kind kind = Kind::won;
  std::string words;
};

// Any answer of a primary.
[[nodiscard]] std::optional<RaceResult> primary_among(const std::map<std::string, PeerStatus>& answers);
// `insist`: the time for votes is over; who is not final is no voter.
[[nodiscard]] RaceResult count(const RaceBallot& ballot, bool insist);

}  // namespace tamada::ha
