// Tablespaces of a base backup, which are outside of the folder that it is made in: pg_basebackup leaves what it has written
// there when it is ended. Action thread; blocking.
#pragma once

#include <string>
#include <vector>

#include "agent/server/actions/data_work.h"

namespace tamada::agent {

// Where a backup of `source` will write, of that what is missing or empty now: so what is in it after a backup that
// failed is the backup's. Anything else may be another server's, and is not named. Empty where the source does not say.
[[nodiscard]] std::vector<std::string> empty_tablespaces(const DataWork& data, const Upstream& source);

// Removes what a server has in a tablespace's folder; the folder stays. What fails is told.
void empty_again(const DataWork& data, const std::vector<std::string>& folders);

// The folder in whose place another one is used by the option tablespace-mapping, OLD=NEW with \= for = in a name; the
// folder itself where none of the options names it. Pure.
[[nodiscard]] std::string mapped_tablespace(const std::string& folder,
                                            const std::vector<ProgramOption>& options);

}  // namespace tamada::agent
