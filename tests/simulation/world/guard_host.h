// GuardHost: the guard of one simulated node: a process of its own that survives the agent, with the guard's real rules
// for its deadline. Its end is the server's end.
#pragma once

#include <functional>

#include "agent/guard/rules/fence.h"
#include "agent/ha/ha_events.h"
#include "tests/simulation/world/node_server.h"
#include "tests/simulation/world/process.h"

namespace tamada::simulation {

class GuardHost {
 public:
  GuardHost(Scheduler& scheduler, NodeServer& server) : process_(scheduler), server_(server) {
    process_.start();
  }

  // To whom changes are told; nobody while the agent is gone.
  void set_listener(std::function<void(ha::GuardReport)> listener) { listener_ = std::move(listener); }
  void arm(const guard::LockEpoch& epoch, TimePoint lease_end);
  void renew(const guard::LockEpoch& epoch, TimePoint lease_end);
  void disarm();
  [[nodiscard]] ha::GuardReport report() const;
  [[nodiscard]] const guard::FenceState& fence() const { return fence_.state(); }

  [[nodiscard]] Process& process() { return process_; }
  // It is started again with the next thing that it is asked to do.
  void kill();
  void arm_late(Duration delay) { delay_ = delay; }  // a wrong variant

 private:
  void look();
  void tell();

  Process process_;
  NodeServer& server_;
  guard::Fence fence_;
  std::function<void(ha::GuardReport)> listener_;
  EventId turn_;
  Duration delay_{};
  std::int64_t promised_ = 0;  // the epoch that the wrong variant says it is armed for
};

}  // namespace tamada::simulation
