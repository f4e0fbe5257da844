// ToolRunner: runs one program to its end, on the action thread, which waits meanwhile.
//
// An interface, since who starts what works on the data directory (initdb, base backup, rewind, single-user mode) is
// the guard, which ends them when the agent dies; ChildToolRunner starts them as this process's own children: for what
// only looks (pg_controldata, --describe-config), for tests, and where there is no guard.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/postgres/formats/program_call.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/process/child_process.h"
#include "common/process/exec_helper.h"

namespace tamada::agent {

struct ToolRun {
  ProgramCall call;
  std::optional<Duration> deadline;  // none: as long as it takes
  std::string input;                 // its standard input; empty: none
  // Each line of both outputs as it comes, on the thread that waits; may be empty.
  std::function<void(std::string_view line)> on_line;
};

struct ToolEnd {
  ChildEnd end;
  // The last `most_output` bytes of each, in whole lines.
  std::string output;
  std::string error;

  [[nodiscard]] bool is_success() const { return end.is_success(); }
};

class ToolRunner {
 public:
  static constexpr std::size_t most_output = std::size_t{1} << 20;

  virtual ~ToolRunner() = default;
  // Blocks. A stop that is asked for ends the program in the orderly way (SIGTERM, after a grace SIGKILL), and its
  // end is answered as always. Any one thread at a time.
  [[nodiscard]] virtual ToolEnd run(const ToolRun& run, const std::stop_token& stop) = 0;
};

// The end as a result: an error names the program, how it ended, and its last words. Kinds: timeout (its deadline),
// closed (cancelled), unavailable (not started, or what became of it is not known), system (anything else).
[[nodiscard]] Result<void> success_of(const ToolRun& run, const ToolEnd& end);

class ChildToolRunner final : public ToolRunner {
 public:
  // The helper must outlive it.
  explicit ChildToolRunner(const ExecHelper& helper) : helper_(helper) {}
  [[nodiscard]] ToolEnd run(const ToolRun& run, const std::stop_token& stop) override;

 private:
  const ExecHelper& helper_;
};

}  // namespace tamada::agent
