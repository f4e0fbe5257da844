// NodeServer: the PostgreSQL of one simulated node, as its agent and its guard handle it.
#pragma once

#include <functional>

#include "agent/ha/action.h"
#include "agent/ha/ha_step.h"
#include "agent/ha/server_view.h"

namespace tamada::simulation {

class NodeServer {
 public:
  virtual ~NodeServer() = default;

  // A look now, at what can be seen from outside: a new connection, pg_control, processes.
  [[nodiscard]] virtual ha::ServerView look() = 0;
  // One at a time. `done` runs once, later, unless abandon() comes before.
  virtual void begin(const ha::Action& action, std::function<void(ha::ActionResult)> done) = 0;
  virtual void cancel() = 0;
  // The agent is gone: what it began on the data directory is ended with it.
  virtual void abandon() = 0;
  virtual void want(const ha::WantedSettings& wanted) = 0;
  // Every process of the server is ended, as the guard's sweep does it.
  virtual void end_all() = 0;

 protected:
  NodeServer() = default;
};

}  // namespace tamada::simulation
