// What is done to a data directory before pg_rewind (Patroni's contract 3.5, 3.10). Action thread; blocking.
#pragma once

#include "agent/server/actions/data_work.h"

namespace tamada::agent {

// The local server recovers in single-user mode, and is shut down then. Nothing where it was shut down in good order. An
// error where there is a backup_label: recovery would not begin where it says, and data would be lost. A standby stays
// one: its signal file is back afterwards.
[[nodiscard]] Result<void> recover_in_single_user_mode(const DataWork& data);

// Segments that wait for the archiver are archived, with the server's own command, as far as that goes: pg_rewind and a
// recovery in single-user mode remove them. What fails is told.
void archive_ready_segments(const DataWork& data);

// A pg_rewind that was begun and did not succeed leaves files of two servers: until another one succeeds, or the data is
// replaced, no server may start from them. This remembers it, also over a crash of the machine.
// An error, which says what can be done: it is so.
[[nodiscard]] Result<void> not_half_rewound(const DataDirectory& directory);
[[nodiscard]] Result<void> mark_half_rewound(const DataDirectory& directory);
[[nodiscard]] Result<void> unmark_half_rewound(const DataDirectory& directory);

}  // namespace tamada::agent
