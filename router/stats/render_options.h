// What a renderer is told besides the snapshot.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "router/balance/policy.h"

namespace tamada::router {

// The statistics listener itself: HAProxy's proxy `stats`. The statistics thread counts; since the start.
struct StatsListenerCounters {
  bool tls = false;               // its connections are HTTPS
  std::uint32_t connections = 0;  // open now
  std::uint32_t connections_max = 0;
  std::uint32_t max_connections = 0;  // the limit
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t denied = 0;           // answers 401, 403, 429
  std::uint64_t bad = 0;              // no HTTP, too large, too slow
  std::uint64_t in_bytes = 0;         // received
  std::uint64_t out_bytes = 0;        // sent
  std::array<std::uint64_t, 6> by{};  // answers 1xx, 2xx, 3xx, 4xx, 5xx, others
  std::uint32_t rate = 0;             // connections in the last second
  std::uint32_t rate_max = 0;
  std::uint32_t request_rate = 0;
  std::uint32_t request_rate_max = 0;
};

struct RenderOptions {
  // How a healthy node reads in HAProxy's formats where a listener is for another role: the standbys on a
  // write listener, the leader on a read listener. `down` is what HAProxy with Patroni's checks says (DOWN,
  // L7STS, 503), so that alerts keep their meaning; the others keep alerts on DOWN for nodes that really are.
  StandbyStatus standby_status = StandbyStatus::down;
  // Addresses of servers and how they are balanced: HAProxy tells them on the socket from level operator on,
  // and on the page only if asked to (`stats show-legends`).
  bool show_addresses = false;
  std::optional<StatsListenerCounters> port;  // not set: there is no proxy `stats` in the answer
};

// The version told to tools, as "HAProxy version VERSION, released DATE" and in `show info`: whose formats
// are spoken here, and after the plus sign what it really is. Tools compare the numbers to know which columns
// to expect; Tamada's own would make them expect those of 2002. Semantic versioning calls what follows the
// plus sign "build metadata": programs skip it, people read it.
[[nodiscard]] std::string spoken_version(std::string_view tamada_version);  // "2.6.0+tamada-0.1.0"
inline constexpr std::string_view spoken_release_date = "2022/05/31";       // of HAProxy 2.6.0

}  // namespace tamada::router
