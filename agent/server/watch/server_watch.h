// ServerWatch: looks at this node's PostgreSQL, every so often and whenever something has happened, and tells what it saw.
//
// While a postmaster runs, each look is a new connection with one query (agent-design.md section 6: old sessions of a stopped
// postmaster go on answering, and any answer of a new one, 53300 or 57P03 too, proves it alive). Where nothing runs, the data
// directory is looked at and pg_control read, on another thread; not while something works on it. Which processes there are
// tells the guard.
//
// When it cannot know it says so: `unknown` for what could not be looked at. `hung`: there is a postmaster, and a new
// connection is not answered within the limit. A look that takes long is told late with its true `as_of`.
//
// Loop thread only. After destruction, which may happen in the callback, it does not run.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/guard/protocol/report.h"
#include "agent/postgres/postgres_tools.h"
#include "agent/server/server_look.h"
#include "agent/server/server_setup.h"
#include "agent/server/upstream.h"
#include "common/loop/loop.h"

namespace tamada::agent {

class ServerWatch {
 public:
  using OnLook = std::function<void(const ServerLook& look)>;

  // Loop and helper must outlive it. `on_look`: after each look.
  ServerWatch(loop::Loop& loop, const ExecHelper& helper, OnLook on_look);
  ~ServerWatch();
  ServerWatch(const ServerWatch&) = delete;
  ServerWatch& operator=(const ServerWatch&) = delete;

  // From the next look on. Before the first one nothing is looked at.
  void configure(ServerSetupPtr setup);
  // What the guard says, after each change; none: there is no guard, so nothing is known of processes. A change of the
  // process is followed by a look at once.
  void set_guard(const std::optional<guard::GuardStatus>& status);
  // For `follows`: whom primary_conninfo names.
  void set_members(Upstreams members);
  // An action works on the data directory: pg_control is not read meanwhile, and the last answer about it stays.
  void set_busy(bool is_busy);

  // A look that begins after this call; on_look tells it, then `done` runs once, also when it is replaced by a newer one (the
  // process has changed meanwhile). Without `done`: soon, once for many calls. Before configure() it waits.
  void look(std::function<void()> done = {});
  // From the beginning of one to the beginning of the next, usual_look_interval at first; at most 5 s, or what was seen would
  // be too old for the decider. Sooner where something is about to change.
  void set_interval(Duration interval);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
