// How a node reads on a listener, in HAProxy's words.
//
// HAProxy asks each server once for each listener; the router asks each node once and knows more. So what
// HAProxy's check of that listener would have found is derived here: a standby on a write listener has
// answered "503" to a question for the leader.
//
// Only the plain words UP, DOWN, MAINT and DRAIN are used. HAProxy also counts on the way ("UP 1/3", "DOWN
// 1/2"), and tools trip over it: prometheus-haproxy-exporter knows just three such words and takes the others
// for down. How far it is stands in check_health.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

enum class ServerStatus : std::uint8_t { down, up, maint, drain };

struct ServerStanding {
  ServerStatus status = ServerStatus::down;
  std::string_view check_status;  // "L7OK", ...; empty in maintenance, where HAProxy does not check
  std::optional<std::uint32_t> check_code;
  std::string_view check_desc;  // what check_status means
  std::string last_check;       // in words, without commas and quotes; empty when all is well
  std::uint32_t health = 0;     // 0 (down) to rise + fall - 1
};

inline constexpr std::uint32_t check_rise = 1;  // one good answer is enough

// `route` is `node`'s on `listener`.
[[nodiscard]] ServerStanding standing_of(const ListenerStats& listener, const RouteStats& route,
                                         const NodeStats& node, StandbyStatus standby);

[[nodiscard]] std::string_view name_of(ServerStatus status);  // "UP"

// All check statuses there are, in the order of HAProxy's metrics, with what they mean.
struct CheckWord {
  std::string_view status;
  std::string_view meaning;
};
inline constexpr std::array<CheckWord, 18> check_words{{
    {"HANA", "Health analyze"},
    {"SOCKERR", "Socket error"},
    {"L4OK", "Layer4 check passed"},
    {"L4TOUT", "Layer4 timeout"},
    {"L4CON", "Layer4 connection problem"},
    {"L6OK", "Layer6 check passed"},
    {"L6TOUT", "Layer6 timeout"},
    {"L6RSP", "Layer6 invalid response"},
    {"L7TOUT", "Layer7 timeout"},
    {"L7RSP", "Layer7 invalid response"},
    {"L7OK", "Layer7 check passed"},
    {"L7OKC", "Layer7 check conditionally passed"},
    {"L7STS", "Layer7 wrong status"},
    {"PROCERR", "External check error"},
    {"PROCTOUT", "External check timeout"},
    {"PROCOK", "External check passed"},
    {"INI", "Initializing"},
    {"UNK", "Unknown"},
}};
inline constexpr std::size_t check_states = 16;  // so many of them are states of the metrics

}  // namespace tamada::router
