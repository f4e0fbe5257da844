// Sweep: when which signal goes to the processes that PostgreSQL consists of, until none is left.
//
// A postmaster alone is not enough: a backend notices its death at its next wait only, and one that commits
// in a loop may not wait for long. So each round looks for every process of the data directory anew: SIGQUIT
// at first, from 100 ms on SIGKILL. It is over after two rounds in a row that found nobody, since a process
// that was just being made may be missed by one. A process that waits for a disk that hangs dies when the
// disk answers, before it runs any code again; it is looked for less often after a while. Pure.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace tamada::guard {

class Sweep {
 public:
  static constexpr Duration grace = 100ms;       // between SIGQUIT and SIGKILL
  static constexpr Duration round = 20ms;        // between two looks
  static constexpr Duration slow_round = 100ms;  // after slow_after
  static constexpr Duration slow_after = 2s;

  // Begins it, or begins it anew: with SIGQUIT, unless it has come to SIGKILL already.
  void begin(TimePoint now);
  [[nodiscard]] bool is_running() const { return running_; }
  // A round is due: swept() follows.
  [[nodiscard]] bool is_due(TimePoint now) const { return running_ && now >= next_; }
  [[nodiscard]] int signal(TimePoint now) const;
  // True: it is over.
  [[nodiscard]] bool swept(std::uint32_t found, TimePoint now);
  // TimePoint::max(): none.
  [[nodiscard]] TimePoint next_turn() const { return running_ ? next_ : TimePoint::max(); }

  template <class Archive>
  friend void describe(Archive& archive, Sweep& sweep) {
    archive.field(sweep.running_);
    archive.field(sweep.began_);
    archive.field(sweep.next_);
    archive.field(sweep.empty_rounds_);
  }

 private:
  bool running_ = false;
  TimePoint began_{};
  TimePoint next_{};
  std::uint8_t empty_rounds_ = 0;
};

}  // namespace tamada::guard
