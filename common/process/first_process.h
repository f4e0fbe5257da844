// What the first process of a container owes to the others (PID 1 of its namespace): it reaps those whose parent has gone,
// and hands on the signals that are meant for the program.
//
// The program itself goes on in a child, so that nobody takes away the end of a process that somebody in the program waits
// for. When the program ends, so does the first process, with its status (128 and the signal's number where a signal ended
// it), and with it the kernel ends whatever is left in the container.
#pragma once

#include <functional>
#include <string>

#include "common/base/result.h"

namespace tamada {

// Where this process is the first one, returns in a child of it, and never in itself; elsewhere nothing happens. To be called
// while every signal is blocked (loop::block_signals) and before any thread is started. `tell`: a sentence for people, of the
// first process; it may block.
[[nodiscard]] Result<void> leave_first_process(const std::function<void(const std::string& words)>& tell);

}  // namespace tamada
