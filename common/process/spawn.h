// Starts a program that is to outlive this process: its parent is whoever the system gives orphans to, so
// that nobody here has to wait for it, and a service manager sees its own child.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace tamada {

struct SpawnOptions {
  std::string program;                 // a path; no search
  std::vector<std::string> arguments;  // with the name it goes by
  // NAME=value, all of it; the variables of the descriptors are put in place of those that are there.
  std::vector<std::string> environment;
  // Descriptors for it, by name, handed over as InheritedSockets reads them. They stay the caller's.
  std::vector<std::pair<std::string, int>> descriptors;
};

// Returns once the program runs, with its process id; every signal is blocked in it. Blocks for as long as
// fork(2) and execve(2) take. Errors name the call and the program.
[[nodiscard]] Result<pid_t> spawn(const SpawnOptions& options);

// The variables of this process, as spawn() wants them.
[[nodiscard]] std::vector<std::string> environment_now();

}  // namespace tamada
