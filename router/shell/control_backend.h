// ControlBackend: the door between the statistics thread and the control loop. What is asked is posted to the
// control loop, where the StatsDesk answers, and the answer is posted back.
//
// Threads: made and destroyed on the control loop's thread. The methods of StatsBackend are called on the
// thread of `stats`, whose callbacks never leave it: only numbers and answers travel. Before it is destroyed,
// forget() must have been called there (StatsService does); the statistics thread may still run then. Desk
// and both loops must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/loop/loop.h"
#include "router/serve/stats_backend.h"
#include "router/shell/stats_desk.h"

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
  // What the tasks on the control loop hold; `desk` is null once the backend has gone. Control loop's thread.
  struct Door {
    StatsDesk* desk;
    loop::Loop& stats;
  };
  // Whoever waits, by ticket. The statistics thread's.
  struct Waiting {
    std::uint64_t last = 0;
    std::map<std::uint64_t, std::function<void(StatsSnapshotPtr)>> snapshots;
    std::map<std::uint64_t, std::function<void(SessionListPtr)>> sessions;
    std::map<std::uint64_t, std::function<void(ActionResult)>> actions;
  };
  template <class Answer>
  using Queue = std::map<std::uint64_t, std::function<void(Answer)>> Waiting::*;
  template <class Answer>
  static void answer(Door& door, const std::shared_ptr<Waiting>& waiting, Queue<Answer> queue,
                     std::uint64_t ticket, Answer given);

  loop::Loop& control_;
  EventLog& log_;
  const std::shared_ptr<Door> door_;
  const std::shared_ptr<Waiting> waiting_;
};

}  // namespace tamada::router
