// ControlBackend: what the statistics thread asks of the control loop, where the StatsDesk answers.
//
// Threads: made and destroyed on the control loop's thread. The methods of StatsBackend are called on the
// thread of `stats`, whose callbacks never leave it: only questions and answers travel. Before it is
// destroyed, forget() must have been called there (StatsService does); the statistics thread may still run
// then. Desk and both loops must outlive it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/loop/cross_loop_call.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "router/api/backend/stats_backend.h"
#include "router/control/stats_desk.h"

namespace tamada::router {

class ControlBackend final : public StatsBackend {
 public:
  ControlBackend(loop::Loop& control, loop::Loop& stats, StatsDesk& desk);
  ~ControlBackend();
  ControlBackend(const ControlBackend&) = delete;
  ControlBackend& operator=(const ControlBackend&) = delete;

  void snapshot(std::function<void(StatsSnapshotPtr)> ready) override;
  void sessions(std::function<void(SessionListPtr)> ready) override;
  void act(Action action, std::function<void(ActionResult)> done) override;
  void forget() override;
  void record(const char* event, const std::string& by, const std::string& from,
              const std::string& words) override;
  void record_denied(const std::string& by, const Address& from, const std::string& words) override;

 private:
  template <class Answer>
  void ask(std::function<void(StatsDesk&, const loop::CrossLoopReply<Answer>&)> question,
           std::function<void(Answer)> ready);

  const loop::LoopPoster control_;
  loop::Loop& stats_;
  EventLog& log_;
  loop::WeakHandles<StatsDesk> desk_;       // control loop's thread; handles are taken on the other one
  std::vector<loop::CrossLoopCall> asked_;  // the statistics thread's
};

}  // namespace tamada::router
