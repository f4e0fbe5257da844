// ChildProcess: a program that this process starts and waits for, with its output as lines.
//
// The program has a process group of its own, which lives no longer than it does: when it ends, by itself
// (unless kills_rest is off) or not, whatever else is left in its group is killed; so is all of it when this
// object is destroyed. Only who leaves the group (setsid(2)) or runs as somebody else (sudo) escapes. It has
// the descriptors 0, 1 and 2 and no other, every signal unblocked and with its default action (but 32 and 33,
// which glibc keeps for itself), and the environment it is given. It does not end with this process, unless
// it wants to (its output breaks).
//
// Constructing starts it; nothing is told from inside that. Callbacks, on the loop: any number of lines, then
// on_child_end() once, the last. Destruction cancels: no callback comes any more. The object may be destroyed
// in each. Never a zombie: what was killed by destruction is reaped by the loop once it is gone.
//
// What it waits for: the constructor, until tamada-exec is read (exec_helper.h), which takes less than a
// millisecond. A program or a directory on a disk that hangs keeps nobody waiting here: what could not be
// started is told at the end. Lines that were written before the program ended are told; output that
// processes which escaped hold open is not waited for.
//
// When it cannot know: where somebody else has reaped the program (a waitpid(-1, ...), or SIGCHLD ignored in
// this process), its end is `unknown`, and no signal is sent any more, since the number may be another's by
// now. A program that the kernel does not let die (it waits for a disk), or that may not be killed (it is
// somebody else's now), has not ended, whatever was sent, and its end is told when it has; who cannot wait
// destroys the object. Where there is no pidfd to be had, the program's end is looked for every few
// milliseconds instead.
//
// Loop thread only; Loop, helper and callbacks must outlive it. A suspended machine stands still for deadline
// and grace (timer.h).
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"
#include "common/process/child_start.h"
#include "common/process/line_splitter.h"

namespace tamada {

struct ChildOptions {
  ChildCommand command;
  std::optional<Duration> deadline;  // from now on
  Duration grace = 5s;               // between SIGTERM and SIGKILL, at the deadline and after cancel()
  std::size_t longest_line = 8192;   // bytes; further ones are dropped
  // What it leaves in its group when it ends by itself is killed. Off, for scripts that start what is to live
  // on: left alone, though its output breaks.
  bool kills_rest = true;
  bool use_pidfd = true;  // off: only the slow way, for tests
};

// How it ended. `kind` says why, `status` and `signal` how: one of them is set if the program ran and its end
// is known, also if it was ended on purpose.
struct ChildEnd {
  enum class Kind {
    exited,       // by itself, with `status`
    signalled,    // by `signal`, which was not ours
    deadline,     // it was ended at its deadline
    cancelled,    // cancel()
    not_started,  // `failure` says why
    unknown,      // see above
  };
  Kind kind = Kind::unknown;
  std::optional<int> status;
  std::optional<int> signal;
  std::optional<StartFailure> failure;

  [[nodiscard]] bool is_success() const { return kind == Kind::exited && status == 0; }
};

enum class ChildOutput { standard_output, standard_error };

class ChildCallbacks {
 public:
  // `line` is valid during the call, at most until the object is destroyed; `is_cut`: it was longer. The two
  // outputs keep their own order only.
  virtual void on_child_line(ChildOutput from, std::string_view line, bool is_cut) = 0;
  virtual void on_child_end(const ChildEnd& end) = 0;

 protected:
  ~ChildCallbacks() = default;
};

class ChildProcess {
 public:
  ChildProcess(loop::Loop& loop, const ExecHelper& helper, ChildOptions options, ChildCallbacks& callbacks);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // SIGTERM to the group (and SIGCONT, for who was stopped), and after `grace` SIGKILL. Until then the others
  // of the group have their time, too, if the program ends first. The end is told, as always. Once.
  void cancel();

  // The program's, until its end is told; then, or if it was not started, 0.
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  struct Output final : loop::FdCallbacks {
    Output(ChildProcess& child, ChildOutput which, UniqueFd pipe);
    void on_ready(std::uint32_t events) noexcept override;
    ChildProcess& owner;
    const ChildOutput from;
    const UniqueFd fd;
    loop::FdWatch watch;
    LineSplitter lines;
  };
  struct EndWatch final : loop::FdCallbacks {
    explicit EndWatch(ChildProcess& child);
    void on_ready(std::uint32_t) noexcept override { owner.look(); }
    ChildProcess& owner;
    loop::FdWatch watch;
  };

  void watch_end();
  void stop(ChildEnd::Kind why);
  void send_to_group(int signal);
  void look();
  // False: this object has been destroyed.
  bool read(Output& output, std::size_t most);
  bool tell_lines(Output& output, std::string_view bytes);
  bool finish_output(Output& output);
  void finish();

  loop::Loop& loop_;
  const ChildOptions options_;
  ChildCallbacks& callbacks_;
  pid_t pid_ = 0;
  UniqueFd pidfd_;   // none: polling
  UniqueFd report_;  // ExecReport, if it was not started
  EndWatch end_watch_{*this};
  std::array<std::optional<Output>, 2> outputs_;
  loop::Timer poll_;   // where there is no pidfd, and for the others of the group
  loop::Timer limit_;  // the deadline, then the grace
  std::optional<ChildEnd::Kind> stopped_by_;
  bool killed_ = false;     // the group was
  bool has_ended_ = false;  // the program has, and its last lines are told
  loop::Lifetime lifetime_;
  loop::WeakHandles<ChildProcess> handles_{*this};
};

}  // namespace tamada
