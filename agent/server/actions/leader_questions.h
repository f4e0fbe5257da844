// What another member's server says of itself. Action thread; blocking.
#pragma once

#include <optional>

#include "agent/postgres/formats/rewind_check.h"
#include "agent/postgres/server_commands.h"
#include "agent/server/actions/data_work.h"

namespace tamada::agent {

// Over a replication connection.
[[nodiscard]] Result<SystemIdentity> identity_of(const DataWork& data, const postgres::Conninfo& login);

struct LeaderAnswers {
  LeaderLog log;
  std::optional<std::uint64_t> system_identifier;
  std::string problem;  // what kept an answer from coming; empty: all came
};
// In the order that rewind_check.h wants: in recovery, timeline, history.
[[nodiscard]] LeaderAnswers ask_leader(const DataWork& data, const Upstream& leader);

// Can pg_rewind copy from it: is it out of recovery, and does its control file know its timeline? An error: why not.
// A leader whose checkpoint is missing is asked for one: its member key does not tell of any that is to come.
[[nodiscard]] Result<void> wait_until_fit(const DataWork& data, const Upstream& leader, Duration limit);

}  // namespace tamada::agent
