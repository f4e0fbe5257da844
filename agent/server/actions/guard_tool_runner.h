// GuardToolRunner: runs what works on the data directory (initdb, base backup, rewind, single-user mode, methods of
// people's own) through the guard, which ends it when this agent dies.
//
// Both outputs of the program are one stream, in the order in which it wrote: ToolEnd has it as `output` and as
// `error`. It is a pipe that this side reads: when the agent dies it breaks, and the guard ends the program then
// anyway. A standard input cannot be given (there is none but an empty one): a run with one is not started.
//
// A stop and the deadline send SIGTERM to the program's group, after `grace` SIGKILL, and its end is waited for as
// always. A run with nothing to be stopped any more (the guard is lost: the program ends with it; or the agent's
// loop has gone) ends as unknown.
//
// The action thread; `guard` must outlive it.
#pragma once

#include "agent/postgres/tool_runner.h"
#include "agent/server/actions/guard_hands.h"

namespace tamada::agent {

class GuardToolRunner final : public ToolRunner {
 public:
  static constexpr Duration grace = 5s;

  explicit GuardToolRunner(GuardHands::Shared& guard) : guard_(guard) {}
  [[nodiscard]] ToolEnd run(const ToolRun& run, const std::stop_token& stop) override;

 private:
  GuardHands::Shared& guard_;
};

}  // namespace tamada::agent
