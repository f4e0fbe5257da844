// Effect: one thing that the guard's program does because the rules say so, in the order they stand in the
// list.
#pragma once

#include <sys/types.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "agent/guard/protocol/outcome.h"
#include "common/base/time.h"

namespace tamada::guard {

//   kind           | fields        | what the program does                           | what it tells then
//   launch         |               | starts what the request in hand asks for        | launched, launch_failed
//   watch          | pid           | watches the end of a process, not its child     | child_ended
//   signal_process | pid, signal   | sends it                                        |
//   signal_group   | pid, signal   | sends it to the process group                   |
//   sweep          | signal        | sends it to every PostgreSQL of the directory   | swept
//   promote        | until         | forks: compare `until`, make the file, SIGUSR1  | helper_started, _failed
//   unpromote      |               | forks: remove the file                          | the same
//   check_upgrade  |               | runs the new program on this state              | checker_started
//   upgrade        |               | becomes the new program                         | upgrade_failed, at most
//   watchdog_open  |               | opens the device that was named, or sets it anew | watchdog_opened
//   watchdog_ping  |               | pings it                                        |
//   watchdog_close |               | closes it in the orderly way                    |
//   report         | request,      | tells the agent the state: an answer or unasked |
//                  | outcome, code |                                                 |
//   say            | notice        | writes a line for people                        |
//   leave          |               | ends: there is neither PostgreSQL nor an agent  |
enum class EffectKind : std::uint8_t {
  launch,
  watch,
  signal_process,
  signal_group,
  sweep,
  promote,
  unpromote,
  check_upgrade,
  upgrade,
  watchdog_open,
  watchdog_ping,
  watchdog_close,
  report,
  say,
  leave,
};

enum class Notice : std::uint8_t {
  fired,            // the deadline has passed, and PostgreSQL is being ended
  swept,            // none of its processes is left
  postmaster_gone,  // PostgreSQL has ended
  agent_gone,       // the agent's connection has ended
};

struct Effect {
  EffectKind kind = EffectKind::report;
  pid_t pid = 0;
  int signal = 0;
  TimePoint until{};
  std::uint32_t request = 0;
  Outcome outcome = Outcome::done;
  int code = 0;
  Notice notice = Notice::fired;
  bool operator==(const Effect&) const = default;
};

// As many as one event can have, without heap.
class EffectList {
 public:
  static constexpr std::size_t most = 12;

  void add(const Effect& effect) {
    assert(count_ < most);
    if (count_ < most) list_[count_++] = effect;
  }
  [[nodiscard]] const Effect* begin() const { return list_.data(); }
  [[nodiscard]] const Effect* end() const { return list_.data() + count_; }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  std::array<Effect, most> list_{};
  std::size_t count_ = 0;
};

}  // namespace tamada::guard
