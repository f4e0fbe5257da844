// libpq's connection parameters as values: read from a connection string by libpq itself, and taken apart
// where there are several hosts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace tamada::postgres {

// Key word to value, as in the manual's "Parameter Key Words": "host", "port", "sslmode", ... An empty value
// is as none. What is not named comes from the environment (PGHOST, PGSSLMODE, ...), a service file and
// libpq's defaults, as in every libpq program; a password from PGPASSFILE or ~/.pgpass.
using Conninfo = std::map<std::string, std::string>;

// "host=a port=5432" or "postgresql://a:5432/db". The error does not repeat libpq's words: those quote the
// string, and what is misquoted most often is a password.
[[nodiscard]] Result<Conninfo> parse_conninfo(const std::string& text);

// The server for people, without secrets: "host=10.0.0.1 port=5432 user=postgres dbname=postgres".
[[nodiscard]] std::string describe(const Conninfo& parameters);

// One Conninfo for each attempt that libpq would make, in its order (manual, "Specifying Multiple Hosts"):
// lists in host, hostaddr and port are taken apart; prefer-standby becomes a round for a standby and one for
// any server. That libpq cannot do it itself: without its blocking calls it knows no time limit for a host,
// and the first silent one would take the time of all. One host, and lists of unequal length or with an empty
// host, are left as they are, to libpq.
[[nodiscard]] std::vector<Conninfo> attempts_of(const Conninfo& parameters);

}  // namespace tamada::postgres
