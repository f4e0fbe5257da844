// CheckBook: how the REST API of each node was last asked, and how that went over time, for people and for
// HAProxy's check columns. Made from the same answers that ClusterView is fed; decides nothing. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/base/time.h"
#include "router/balance/ids.h"
#include "router/cluster/cluster_events.h"
#include "router/history/histogram.h"

namespace tamada::router {

// Words are HAProxy's (management guide 9.1, "check_status").
struct CheckStats {
  std::string status = "INI";  // INI, L7OK, L7STS, L7RSP, L7TOUT, L6TOUT, L6RSP, L4CON, L4TOUT;
                               // SOCKERR: unresolved
  std::optional<int> code;     // HTTP status
  std::string words;           // what was found, without commas and quotes
  Duration took{};
  std::optional<TimePoint> at;  // when the request was sent
  std::string asked;            // "/master" or "/replica"
  std::uint64_t checks = 0;     // in all
  std::uint64_t failures = 0;   // of these, those to which nothing usable came
  std::uint32_t silences = 0;   // in a row, now
  std::uint32_t fall = 3;
  Histogram<check_bounds.size()> durations;
};

class CheckBook {
 public:
  // The newest answer; an older one that comes late is counted and changes nothing else.
  void hear(const PollAnswer& answer, TimePoint now);
  // Forgets all others.
  void keep(const std::set<NodeId>& nodes);

  // "INI" for a node of which nothing was heard. `fall` is not set here.
  [[nodiscard]] CheckStats of(NodeId node) const;

 private:
  std::map<NodeId, CheckStats> nodes_;
};

}  // namespace tamada::router
