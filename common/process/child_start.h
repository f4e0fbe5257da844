// How a child process is started: its pipes, its standard input, posix_spawn(3) of tamada-exec. For
// ChildProcess only.
#pragma once

#include <sys/types.h>
#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/process/exec_helper.h"
#include "common/process/exec_report.h"

namespace tamada {

// By numbers: to look up names may take long (nsswitch.conf(5)), and does not belong on a loop.
struct ChildUser {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // the supplementary ones, all of them
};

struct ChildCommand {
  std::string program;                   // a path, no search; a relative one is seen from `directory`
  std::vector<std::string> arguments;    // with the name it goes by; empty: only that, and it is the path
  std::vector<std::string> environment;  // NAME=value, all of it
  std::string directory;                 // empty: this process's
  // What it reads from its standard input, which it may seek in; empty: /dev/null. Kept in memory, and closed
  // with the program.
  std::string input;
  std::optional<ChildUser> user;  // none: this process's. Only root may become another
  // Its soft limit of open files, as far as the hard one lets it; none: this process's. Who raised its own
  // (descriptor_limit.h) gives a program the one before: select(2) fails beyond 1024, and who closes all the
  // descriptors that there could be never ends with a thousand million.
  std::optional<std::uint64_t> open_files;
};

struct StartFailure {
  StartStage stage = StartStage::helper;
  int code = 0;       // errno
  std::string words;  // "cannot start PROGRAM: execve: no such file or directory (ENOENT)"
};

struct StartedChild {
  pid_t pid = 0;    // leads its own process group
  UniqueFd output;  // the reading ends; none of them blocks
  UniqueFd error;
  UniqueFd report;  // an ExecReport, or the end of it once the program runs
};

// Returns once tamada-exec runs.
[[nodiscard]] tl::expected<StartedChild, StartFailure> start_child(const ExecHelper& helper,
                                                                   const ChildCommand& command);

[[nodiscard]] StartFailure start_failure(const ChildCommand& command, const ExecReport& report);

}  // namespace tamada
