// WantedSlots: what the node knows of the cluster when it looks after its slots. A value.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/patroni/cluster_keys.h"

namespace tamada::agent {

struct WantedSlots {
  bool is_leader = false;  // this node holds the lock
  bool is_paused = false;
  std::string self;               // this node's name
  std::string leader;             // who holds the lock; empty: nobody, or not known
  patroni::ClusterKeys keys{""};  // members, their tags and positions, /status
  // Positions by slot that came past the store while it was silent (POST /failsafe), on the leader those that its peers answered
  // with; where they are further than the store's they count.
  std::map<std::string, std::uint64_t> pushed;
};

}  // namespace tamada::agent
