// IdRegistry: gives nodes and listeners their ids, and gives the same thing the same id in the next
// configuration.
//
// A listener is its name. A node is its name together with its end points: it stays the same node while its
// name and at least one of its two end points (REST API, PostgreSQL) are what they were, so that a port that
// was mistyped, or a change from http to https, ends no session. Where both end points changed, another
// machine took the name: it gets a new id, and the old id is a node that leaves. A node that comes back as it
// was gets its old id again. Ids are never given to another thing.
//
// Pure; one for the life of the process. It grows by what was ever configured or discovered and never
// shrinks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "router/balance/ids.h"
#include "router/config/router_config.h"

namespace tamada::router {

class IdRegistry {
 public:
  [[nodiscard]] NodeId node(const NodeConfig& node);
  [[nodiscard]] ListenerId listener(const std::string& name);

 private:
  struct Known {
    NodeId id;
    HostPort postgres;
    HostPort api;
  };
  std::map<std::string, std::vector<Known>, std::less<>> nodes_;  // by name, the newest end points last
  std::map<std::string, ListenerId, std::less<>> listeners_;
  std::uint32_t last_node_ = 0;
  std::uint32_t last_listener_ = 0;
};

}  // namespace tamada::router
