// Lines of a libpq password file (manual, "The Password File"): host:port:*:user:password.
#pragma once

#include <string>

#include "agent/postgres/formats/conninfo_text.h"
#include "common/base/result.h"

namespace tamada::agent {

// One line for each of the hosts, each ended by a newline; * stands for a host, port or user that is not given. A Unix
// socket's folder has a second one for localhost, under which libpq looks up its own folder. Empty where there is no password. The database is
// always *. libpq knows no way to write a password with a line end: an error (which does not repeat it).
[[nodiscard]] Result<std::string> password_file_lines(const ConninfoFields& fields);

}  // namespace tamada::agent
