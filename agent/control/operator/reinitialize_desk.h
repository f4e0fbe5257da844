// ReinitializeDesk: POST /reinitialize: a copy of the leader takes the place of this node's data. It is answered when the copy
// has begun. Whether it may begin the decider judges; here is refused what it would refuse at once, with Patroni's reasons.
//
// HA loop's thread only; what is handed in must outlive it. A client that waits when this goes is not answered.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/api/requests/member_requests.h"
#include "agent/control/operator/control_access.h"
#include "agent/control/operator/running_action.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::agent {

class ReinitializeDesk {
 public:
  // `action`: of busy, what goes on.
  using Then = std::function<void(ReinitializeStart start, std::string action)>;

  // `running`: what goes on now. A clone that begins because of a request is marked there.
  ReinitializeDesk(loop::Loop& loop, ControlAccess& control, RunningAction& running);
  ReinitializeDesk(const ReinitializeDesk&) = delete;
  ReinitializeDesk& operator=(const ReinitializeDesk&) = delete;

  void reinitialize(const ReinitializeRequest& request, Then then);
  void on_action_begun(const ha::Action& action);

  // For the decider to begin it, and for that after an action that is ended first.
  static constexpr Duration begin_limit = 5s;
  static constexpr Duration forced_limit = 8s;

 private:
  struct Asked {
    Then then;
    bool is_forced = false;
  };
  [[nodiscard]] std::optional<ReinitializeStart> refusal() const;
  void on_limit();
  void finish(ReinitializeStart start, std::string action = {});

  ControlAccess& control_;
  RunningAction& running_;
  std::optional<Asked> asked_;
  loop::Timer limit_;
};

}  // namespace tamada::agent
