// PostmasterFinder: is there a postmaster on the data directory, whoever started it? For the agent's start, and for a new
// guard: one that it does not know it can adopt (GuardClient::adopt).
//
// postmaster.pid names a number; whether the process is PostgreSQL's and works on this directory, /proc says. A file that a
// server left behind, or whose number somebody else has now, is none.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/loop/blocking_task.h"
#include "common/loop/loop.h"
#include "common/process/process_watch.h"

namespace tamada::agent {

// The text of postmaster.pid; empty: there is no such file. Blocks.
[[nodiscard]] Result<std::string> read_postmaster_pid(const std::string& data_dir);

// Blocks. Errors: it cannot be told (kind system, denied), so there may be one; unavailable: a server in single-user mode,
// which cannot be adopted, works there. A file without a number is none.
[[nodiscard]] Result<std::optional<ProcessIdentity>> find_postmaster(const std::string& data_dir,
                                                                     const std::string& proc = "/proc");

// The same on a thread of its own. `then` once, on the loop, never from inside the constructor; it may destroy this.
// Destruction cancels. A disk that does not answer keeps it waiting.
class PostmasterFinder {
 public:
  using Then = std::function<void(Result<std::optional<ProcessIdentity>> found)>;
  PostmasterFinder(loop::Loop& loop, const std::string& data_dir, Then then);

 private:
  loop::BlockingTask task_;
};

}  // namespace tamada::agent
