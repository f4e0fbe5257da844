// ProcessWatch: tells when a process that is not our child has ended, and sends it signals that reach no
// other.
//
// A process is known by its number and the moment it started (ProcessIdentity): a number alone may be another
// process's by now. A pidfd (pidfd_open(2), Linux 5.3) holds on to the process itself, so its end is told at
// once, and no signal can go astray. Where there is none to be had (older kernels, a filter of system calls
// in a container, no descriptors left), /proc is looked at every `poll`, and the number with another start
// time says that the process has ended.
//
// When it cannot know (/proc is not mounted, hides the processes of others (hidepid=), or cannot be read for
// want of descriptors): on_process_unknown(), once until it can be seen again. It never takes that for an
// end: whoever starts a second server over a running one loses data. With a pidfd the end is told all the
// same, since whoever had the number has ended, and ours with it or before it. What cannot be compared gets
// no signal.
//
// A zombie has ended, whoever forgets to reap it. A process that is stopped, or that waits for a disk, has
// not; and execve(2) makes no other process of it.
//
// Loop thread only; Loop and callbacks must outlive it. Callbacks come never from inside the constructor nor
// signal(); the object may be destroyed in each; none comes after destruction.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"

namespace tamada {

struct ProcessIdentity {
  pid_t pid = 0;
  // As in ProcessStat. Means nothing after the machine was booted anew, nor in another time namespace: who
  // keeps it in a file keeps /proc/sys/kernel/random/boot_id beside it.
  std::uint64_t start_time = 0;

  bool operator==(const ProcessIdentity&) const = default;
};

// Of the process that has this number now; none: there is no such process, or it is a zombie. An error where
// that cannot be told.
[[nodiscard]] Result<std::optional<ProcessIdentity>> identify_process(pid_t pid,
                                                                      const std::string& proc = "/proc");

class ProcessWatchCallbacks {
 public:
  // Once, the last.
  virtual void on_process_end() = 0;
  // It may be running or not. `why` names what could not be read, and the remedy.
  virtual void on_process_unknown(const Error& why) = 0;

 protected:
  ~ProcessWatchCallbacks() = default;
};

class ProcessWatch final : private loop::FdCallbacks {
 public:
  struct Options {
    Duration poll = 100ms;
    bool use_pidfd = true;       // off: only the slow way, for tests
    std::string proc = "/proc";  // where it is mounted
  };
  ProcessWatch(loop::Loop& loop, const ProcessIdentity& process, ProcessWatchCallbacks& callbacks);
  ProcessWatch(loop::Loop& loop, const ProcessIdentity& process, ProcessWatchCallbacks& callbacks,
               const Options& options);
  ~ProcessWatch() = default;
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  enum class Sent { sent, has_ended };
  // An error of kind denied: not allowed; unavailable: it cannot be told whose the number is, and nothing was
  // sent. Without a pidfd the number is compared just before: to hit another, the kernel, which gives numbers
  // out in turn, would have to go through all of them in between.
  [[nodiscard]] Result<Sent> signal(int number);

  [[nodiscard]] const ProcessIdentity& process() const { return process_; }
  // The end is told at once, and signals cannot go astray.
  [[nodiscard]] bool has_pidfd() const { return pidfd_.is_open(); }

 private:
  enum class Seen { running, ended };

  void on_ready(std::uint32_t events) noexcept override;
  [[nodiscard]] Result<Seen> compare() const;
  void look();
  void end();

  const ProcessIdentity process_;
  ProcessWatchCallbacks& callbacks_;
  const Options options_;
  UniqueFd pidfd_;
  loop::FdWatch watch_;
  loop::Timer poll_;
  bool compared_ = false;  // what the pidfd is of is the process meant
  bool told_unknown_ = false;
  loop::WeakHandles<ProcessWatch> handles_{*this};
};

}  // namespace tamada
