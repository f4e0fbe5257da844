// BackendThread: a second loop on a thread of its own, as the statistics thread has it, with a
// ControlBackend.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "router/control/control_backend.h"
#include "tests/loop/router/control/control_fixture.h"

namespace tamada::router {

class BackendThread {
 public:
  BackendThread(ControlFixture& fixture, Control& control)
      : fixture_(fixture),
        backend(fixture.loop, loop, control.stats_desk()),
        thread_([this] { loop.run(); }) {}
  ~BackendThread() {
    loop.post([this] { loop.stop(); });
    thread_.join();
  }
  BackendThread(const BackendThread&) = delete;
  BackendThread& operator=(const BackendThread&) = delete;

  // Asks on the statistics thread and turns the control loop until the answer is there.
  StatsSnapshotPtr snapshot() {
    return ask<StatsSnapshotPtr>([this](auto ready) { backend.snapshot(ready); });
  }
  SessionListPtr sessions() {
    return ask<SessionListPtr>([this](auto ready) { backend.sessions(ready); });
  }
  ActionResult act(const Action& action) {
    return ask<ActionResult>([this, action](auto ready) { backend.act(action, ready); });
  }
  // Snapshots until one is as wanted; the last one, wanted or not.
  StatsSnapshotPtr snapshot_when(const std::function<bool(const StatsSnapshot&)>& wanted) {
    const TimePoint deadline = loop::boot_now() + 20s;
    StatsSnapshotPtr last = snapshot();
    while (!wanted(*last) && loop::boot_now() < deadline) {
      fixture_.run_for(10ms);
      last = snapshot();
    }
    return last;
  }

 private:
  template <class Answer, class Question>
  Answer ask(Question question) {
    Answer answer{};
    std::atomic<bool> here{false};
    loop.post([&] {
      question([&](Answer given) {
        answer = std::move(given);
        here = true;
      });
    });
    REQUIRE(fixture_.run_until([&] { return here.load(); }));
    return answer;
  }

  ControlFixture& fixture_;

 public:
  loop::Loop loop;
  ControlBackend backend;

 private:
  std::thread thread_;
};

}  // namespace tamada::router
