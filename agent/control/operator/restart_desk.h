// RestartDesk: the restarts that somebody asked for: the one that is to be now, whose end its client waits for, and the one
// that is scheduled.
//
// At most one of each. When it cannot know: a restart that the decider does not begin within begin_limit has failed; one whose
// server is not up within its timeout is "still starting", and goes on. A schedule that was missed by too much, or whose
// server was restarted meanwhile, is forgotten; in pause it rests.
//
// HA loop's thread only; what is handed in must outlive it. A client that waits when this goes is not answered.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/api/requests/restart_request.h"
#include "agent/control/operator/control_access.h"
#include "agent/control/operator/running_action.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::agent {

class RestartDesk {
 public:
  // `action`: of busy, what goes on.
  using Then = std::function<void(RestartEnd end, std::string action)>;

  // `running`: what goes on now, kept up to date by its owner before the functions below are called.
  RestartDesk(loop::Loop& loop, ControlAccess& control, const RunningAction& running);
  RestartDesk(const RestartDesk&) = delete;
  RestartDesk& operator=(const RestartDesk&) = delete;

  void restart(const RestartRequest& request, Then then);
  // False: another one is scheduled already.
  bool schedule(const RestartRequest& request);
  // False: none is scheduled.
  bool forget();

  void on_action_begun(const ha::Action& action);
  void on_action_ended(const ha::Action& action, const ha::ActionResult& result);
  void on_look(const ServerLook& look);
  void on_wall_time(WallTime now);

  // For the decider to begin it.
  static constexpr Duration begin_limit = 5s;

 private:
  struct Asked {
    Then then;
    std::optional<Duration> patience;  // how long the start may take; none: as long as it takes
    std::uint64_t action = 0;          // its id; 0: not begun yet
  };
  struct Scheduled {
    RestartRequest request;
    std::string start_time;  // the postmaster's; empty: not known
  };

  void begin(const RestartRequest& request, Then then);
  void on_limit();
  void finish(RestartEnd end, std::string action = {});
  void run_scheduled();

  ControlAccess& control_;
  const RunningAction& running_;
  std::optional<Asked> asked_;
  std::optional<Scheduled> scheduled_;
  loop::Timer limit_;
};

}  // namespace tamada::agent
