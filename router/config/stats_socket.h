// StatsSocket: one run-time socket as HAProxy's users know it: where it is, and what may be done there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/address.h"
#include "common/base/result.h"

namespace tamada::router {

// HAProxy's levels; each may do what those before it may.
enum class SocketLevel {
  user,       // look
  operator_,  // see addresses too, clear maxima
  admin,      // change something
};

struct StatsSocket {
  std::string path;  // of a UNIX-domain socket; empty: `address` it is
  HostPort address;  // on the loopback interface
  SocketLevel level = SocketLevel::operator_;
  std::uint32_t mode = 0600;  // of the socket's file
  bool operator==(const StatsSocket&) const = default;
};

// "/run/tamada/admin.sock", "/run/tamada/admin.sock level admin mode 660", "127.0.0.1:9999 level operator":
// the words that HAProxy has behind `stats socket`. An address that others can reach is refused: whoever
// connects needs no password.
Result<StatsSocket> parse_stats_socket(std::string_view text);
std::string format_stats_socket(const StatsSocket& socket);

// "user", "operator", "admin"
std::string_view name_of(SocketLevel level);

}  // namespace tamada::router
