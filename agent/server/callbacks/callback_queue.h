// CallbackQueue: people's callbacks (on_start, on_stop, on_restart, on_reload, on_role_change), one after the other, in the order
// in which they happened: COMMAND ACTION ROLE SCOPE (Patroni's contract 3.13).
//
// They are the agent's own children, in its working directory, without its secrets in their environment. A command without a
// slash is looked up in PATH. Patroni ends a callback that runs when the next one comes, so that a role change may get lost
// or be told out of order; here none is ended for another one, and each is called once, but for on_reload, which says
// nothing about the past: of those that wait only the newest is kept, and one that others have waited for too long
// is ended. A callback that takes long holds up the next ones, nothing else. What a callback leaves running when it ends by
// itself is left alone. Of its output only the last line of its standard error is told, when it fails.
//
// At the agent's end those that run and wait may finish, within a limit. Destruction kills what runs.
//
// Loop thread only; Loop and helper must outlive it. `tell` must not destroy it; `done` may.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/config/postgres_config.h"
#include "agent/server/callbacks/callback_kind.h"
#include "common/loop/loop.h"
#include "common/process/exec_helper.h"

namespace tamada::agent {

class CallbackQueue {
 public:
  // Calls that wait; beyond, the oldest one is dropped and told.
  static constexpr std::size_t most_waiting = 100;
  // How long the others wait for an on_reload; of another one it is then told that they do.
  static constexpr Duration patience = 10s;
  // What is ended has this long between SIGTERM and SIGKILL.
  static constexpr Duration grace = 2s;

  // The environment of this process is read now. `tell`: a sentence about a callback that could not be started, failed or was
  // ended, or that others wait for.
  CallbackQueue(loop::Loop& loop, const ExecHelper& helper, std::string scope,
                std::function<void(const std::string& words)> tell);
  ~CallbackQueue();
  CallbackQueue(const CallbackQueue&) = delete;
  CallbackQueue& operator=(const CallbackQueue&) = delete;

  // For the calls from now on; those that wait have the command of the time when they were called.
  void configure(const Callbacks& callbacks);
  // `role`: "primary", "replica", "demoted", "standby_leader", "promoted"...: as Patroni says it; callbacks are told "primary"
  // for "promoted". Not during a bootstrap: the caller sees to that.
  void call(CallbackKind kind, const std::string& role);
  // `done` once nothing runs or waits, or after `limit`, when what is left has been ended: that takes up to `grace` and a second
  // more. Not from inside this call. Calls that come meanwhile are made within the same limit. Once.
  void finish(Duration limit, std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
