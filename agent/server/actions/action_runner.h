// ActionRunner: carries out the decider's actions, one at a time, each on a thread of its own: it starts, promotes, stops
// PostgreSQL through the guard, makes the first database, clones, compares histories, rewinds.
//
// Each action ends in an ActionResult, whatever happens: done, failed with the reason, or cancelled. A cancelled one has ended
// when it says so (tools ended, a promotion called off); what it left on the disk is such that the next look tells it.
//
// Loop thread only; what is handed in must outlive it. After destruction no callback runs; tools end with the connection to
// the guard; a server that was being started, stopped or promoted goes on with that, under the guard's deadline, and the next
// agent finds it so.
#pragma once

#include <functional>
#include <memory>

#include "agent/ha/action.h"
#include "agent/server/actions/action_context.h"
#include "agent/server/actions/guard_hands.h"
#include "common/loop/loop.h"
#include "common/process/exec_helper.h"

namespace tamada::agent {

class ActionRunner {
 public:
  using Done = std::function<void(const ha::ActionResult& result)>;

  ActionRunner(loop::Loop& loop, GuardHands& guard, const ExecHelper& helper, ActionProgress progress);
  ~ActionRunner();
  ActionRunner(const ActionRunner&) = delete;
  ActionRunner& operator=(const ActionRunner&) = delete;

  // Not while one runs. `done` once, never from inside the call.
  void begin(const ha::Action& action, ActionContext context, Done done);
  // Of the action with this id; nothing where another one, or none, runs.
  void cancel(std::uint64_t id);
  [[nodiscard]] bool is_running() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
