// What the guard starts: programs, and small children of its own that do what may have to wait for a disk.
// The guard itself never does.
//
// Every child is told to end with the guard (PR_SET_PDEATHSIG): SIGQUIT for PostgreSQL, SIGTERM for a tool,
// SIGKILL for its own children, but those that write a line. All return at once; the child's process id, or
// -1 and errno.
#pragma once

#include <sys/types.h>

#include <optional>

#include "agent/guard/protocol/process_state.h"
#include "agent/guard/protocol/request.h"
#include "common/base/time.h"
#include "common/base/unique_fd.h"

namespace tamada::guard {

// In a session of its own, and so in a process group of its own, with every signal unblocked and in its
// default action, with the descriptors 0 (/dev/null), 1 and 2 and no other. `passed`: for
// LaunchOutput::passed, or -1. `report`: becomes readable when the child is its program, or could not become
// it: read_launch_report().
[[nodiscard]] pid_t launch(const Launch& launch, int passed, UniqueFd& report);

struct LaunchReport {
  bool runs = false;
  std::optional<LaunchFailure> failure;
};
// Neither: not yet.
[[nodiscard]] LaunchReport read_launch_report(int report);

// Compares `until`, makes the file `promote` in the data directory, compares once more, and sends SIGUSR1.
// Its exit status: 0, GuardCore::exit_late (no file is left), or an errno.
[[nodiscard]] pid_t start_promotion(const char* data_directory, pid_t postmaster, int pidfd, TimePoint until);
// Removes that file. Its exit status: 0 (it is not there), or an errno.
[[nodiscard]] pid_t start_unpromotion(const char* data_directory);

// Copies the program at `path` into `copy` (a memfd) and runs that with `--check-state STATE`: its exit
// status is 0 when it reads the state, else an errno.
[[nodiscard]] pid_t start_upgrade_check(const char* path, int copy, int state);

// Writes to standard error; a sentence, without the newline.
[[nodiscard]] pid_t start_log_line(const char* words);

}  // namespace tamada::guard
