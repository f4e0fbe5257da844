// The steps of a bootstrap (Patroni's contract 3.8). Action thread; each may block for long, and ends soon after a stop.
#pragma once

#include <optional>

#include "agent/server/actions/data_work.h"

namespace tamada::agent {

// Makes the data directory, which must be missing or empty, by initdb or by the method that the configuration names.
// What a failed initdb left is removed; what a method left is the caller's to move away.
[[nodiscard]] Result<void> make_first_data(const DataWork& data);

// How the first server starts: a custom method's may have to recover first.
[[nodiscard]] Result<StartPlan> first_start(const DataWork& data);

// The method of the configuration; none: initdb. An error: it names one that is not there.
[[nodiscard]] Result<std::optional<CustomMethod>> bootstrap_method(const ServerSetup& setup);

// Waits until the server is out of recovery. Where it ends in between, that is an error.
[[nodiscard]] Result<void> wait_until_writable(const DataWork& data);

// The superuser with its password, then the script post_bootstrap, then the users for replication and pg_rewind.
[[nodiscard]] Result<void> finish_first_server(const DataWork& data);

}  // namespace tamada::agent
