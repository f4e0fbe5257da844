// POST /switchover and POST /failover: what is asked for. Pure.
#pragma once

#include <optional>
#include <string>

#include "agent/api/answers/wall_time.h"
#include "agent/api/requests/json_body.h"

namespace tamada::agent {

enum class HandoverKind { switchover, failover };
// "switchover", "failover"
[[nodiscard]] std::string_view name_of(HandoverKind kind);

struct HandoverRequest {
  HandoverKind kind = HandoverKind::switchover;
  std::string leader;                     // who hands over; empty: whoever leads (a failover)
  std::string candidate;                  // who takes over; empty: whoever is fit (a switchover)
  std::optional<Timestamp> scheduled_at;  // none: now

  bool operator==(const HandoverRequest&) const = default;
};

// The checks that need no cluster, in Patroni's order; 400, or 422 for the time. A failover that names the leader is a
// switchover.
[[nodiscard]] OrAnswer<HandoverRequest> parse_handover(HandoverKind kind, const JsonBody& body, bool paused,
                                                       WallTime now);

}  // namespace tamada::agent
