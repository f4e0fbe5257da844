// A descriptor that stands for a process (pidfd_open(2), Linux 5.3) and not for its number: readable once the
// process has ended. Closed by execve(2).
#pragma once

#include <sys/types.h>

#include "common/base/unique_fd.h"

namespace tamada {

// None where there is none to be had: an older kernel, a filter of system calls, no descriptors left, no such
// process.
[[nodiscard]] UniqueFd open_pidfd(pid_t pid);

// The process has ended, and is a zombie at most.
[[nodiscard]] bool has_ended(const UniqueFd& pidfd);

// pidfd_send_signal(2). Answers 0, or the errno. Before a zombie is reaped the kernel takes signals for it.
[[nodiscard]] int send_signal(const UniqueFd& pidfd, int number);

}  // namespace tamada
