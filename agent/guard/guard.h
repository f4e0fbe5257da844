// Guard: the loop of tamada-guard. Waits, hands what happened to GuardCore (rules/guard_core.h), and carries
// out what that says. One thread; nothing here blocks, and nothing needs a disk: what may is done by
// children.
#pragma once

#include <sys/types.h>

#include <array>
#include <climits>
#include <cstdint>

#include "agent/guard/agent_link.h"
#include "agent/guard/processes/data_processes.h"
#include "agent/guard/rules/guard_core.h"
#include "agent/guard/watchdog_device.h"
#include "common/base/unique_fd.h"

namespace tamada::guard {

// Absolute paths, as given on the command line; they go on to the next program.
struct GuardNames {
  char* data_directory;
  char* node;
  char* state_directory;
};

class Guard {
 public:
  Guard(const GuardNames& names, const GuardCore& core, int lock, AgentLink& link,
        const DataProcesses& processes);

  // The descriptors that it waits with. False, with errno: the system has none.
  [[nodiscard]] bool open();
  // After execve(2) in place.
  void take_over(const GuardAbilities& abilities, UniqueFd watchdog);
  // Until it has nothing left to guard.
  void run();

 private:
  void wait();
  void set_timer();
  void carry_out(const EffectList& effects);
  void carry_out(const Effect& effect);
  void launch_asked();
  void watch(pid_t pid);
  void promote(TimePoint until);
  void tell(pid_t helper);
  void check_upgrade();
  void upgrade();
  void open_watchdog();
  void report(const Effect& effect);
  void send_status();
  void say(Notice notice);
  void write_line(const char* words);

  void on_timer();
  void on_children();
  void on_launch_report();
  void on_adopted();
  // False: there is no message any more.
  bool on_request();
  void on_agent_end();
  void on_connection();
  [[nodiscard]] Report report_now() const;

  const GuardNames names_;
  GuardCore core_;
  const int lock_;
  AgentLink& link_;
  const DataProcesses& processes_;

  UniqueFd epoll_;
  UniqueFd timer_;
  UniqueFd signals_;
  UniqueFd launch_report_;
  UniqueFd adopted_;                // pidfd of an adopted postmaster; none: it is looked for
  const Request* asked_ = nullptr;  // in hand
  UniqueFd passed_;                 // which came with it
  UniqueFd next_program_;           // of an upgrade, in memory
  std::array<char, PATH_MAX> next_path_{};
  WatchdogDevice watchdog_;
  std::array<char, PATH_MAX> watchdog_path_{};
  std::array<pid_t, 4> lines_{};  // children that write to the log, which may hang
  bool owes_status_ = false;      // the agent did not read for a while
  bool leaves_ = false;
};

}  // namespace tamada::guard
