// Connection strings of libpq, "host=a port=5432" (manual, "Connection Strings"): written here, so that pg_rewind,
// pg_basebackup, scripts and primary_conninfo read what was meant. common/postgres/client reads them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tamada::agent {

// Key word to value, as tamada::postgres::Conninfo. An empty value is as none.
using ConninfoFields = std::map<std::string, std::string>;

// A value as libpq reads it back: in single quotes where it has blanks, quotes, backslashes, or nothing at all.
[[nodiscard]] std::string quote_conninfo_value(std::string_view value);

// The fields that are there, in Patroni's order (dbname, user, passfile, password, host, port, sslmode, ...), then
// all others by name. Empty values are left out, and so is any value with a zero byte, which libpq cannot have.
[[nodiscard]] std::string format_conninfo(const ConninfoFields& fields);

}  // namespace tamada::agent
