// StatsSocket: one run-time socket as HAProxy's users know it: where it is, and what may be done there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  // Whom the file is given to, by name or by number, never both; none: it stays the router's.
  std::string user = {};
  std::string group = {};
  std::optional<std::uint32_t> uid = {};
  std::optional<std::uint32_t> gid = {};
  // Words that HAProxy has and that change nothing here: "expose-fd listeners".
  std::vector<std::string> without_effect = {};
  bool operator==(const StatsSocket&) const = default;
};

// What stands behind `stats socket` in a haproxy.cfg: "/run/tamada/admin.sock", "unix@/run/x.sock user
// haproxy group haproxy mode 660 level admin expose-fd listeners", "ipv4@127.0.0.1:9999 level operator".
// Words that would change what a client finds and are not done here are refused with the reason. An address
// that others can reach is refused: whoever connects needs no password.
Result<StatsSocket> parse_stats_socket(std::string_view text);
// The same, in one form, that parses to an equal socket.
std::string format_stats_socket(const StatsSocket& socket);

// Same mode and owner of the file.
[[nodiscard]] bool same_rights(const StatsSocket& a, const StatsSocket& b);

// "user", "operator", "admin"
std::string_view name_of(SocketLevel level);

}  // namespace tamada::router
