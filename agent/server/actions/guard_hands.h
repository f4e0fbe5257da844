// GuardHands: the guard for who may wait: the action thread asks, the loop's GuardClient is asked there, and the answer comes
// back to the waiting thread.
//
// Made and destroyed on the loop's thread; the other functions are for any thread but that one, and block. Each ends when its
// stop_token is asked to stop (kind closed: what the guard has done by then is unknown), when the guard is lost
// (unavailable), and after its deadline (timeout). Once the GuardHands are gone every call ends with closed.
#pragma once

#include <memory>
#include <stop_token>

#include "agent/guard/client/guard_client.h"
#include "common/base/result.h"
#include "common/loop/loop.h"

namespace tamada::agent {

class GuardHands {
 public:
  GuardHands(loop::Loop& loop, guard::GuardClient& client);
  ~GuardHands();
  GuardHands(const GuardHands&) = delete;
  GuardHands& operator=(const GuardHands&) = delete;

  // Loop thread: each report of the guard, and its loss (none).
  void on_status(const std::optional<guard::GuardStatus>& status);
  // Loop thread: after its loss; there is no hope of it for now, and this is what it told last. Until the next report the
  // server can be ended without it (unguarded_end.h).
  void on_missing(const guard::GuardStatus& last);

  class Shared;
  // What the action thread holds: it may outlive the GuardHands.
  [[nodiscard]] std::shared_ptr<Shared> shared() const { return shared_; }

 private:
  std::shared_ptr<Shared> shared_;
};

class GuardHands::Shared {
 public:
  explicit Shared(loop::LoopPoster poster);

  [[nodiscard]] Result<guard::GuardAnswer> start(guard::GuardLaunch launch,
                                                 const std::optional<guard::LockEpoch>& needs_lock,
                                                 const std::stop_token& stop);
  [[nodiscard]] Result<guard::GuardAnswer> signal(pid_t pid, int number, const std::stop_token& stop);
  [[nodiscard]] Result<guard::GuardAnswer> sweep(const std::stop_token& stop);
  [[nodiscard]] Result<guard::GuardAnswer> promote(const guard::LockEpoch& epoch, TimePoint lease_end,
                                                   bool unarmed, const std::stop_token& stop);
  [[nodiscard]] Result<guard::GuardAnswer> call_off_promotion(const std::stop_token& stop);

  // What the guard has told last, where it is missing (on_missing); none: it is there, or may come back at any moment.
  [[nodiscard]] std::optional<guard::GuardStatus> told_before_missing() const;
  // The newest report; none: no guard.
  [[nodiscard]] std::optional<guard::GuardStatus> status() const;
  // Waits until `is_so` holds of a report; the report. Timeout after `limit`.
  [[nodiscard]] Result<guard::GuardStatus> wait_until(
      const std::function<bool(const guard::GuardStatus&)>& is_so, Duration limit,
      const std::stop_token& stop);

 private:
  friend class GuardHands;
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace tamada::agent
