#include "common/process/child_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "common/loop/loop.h"
#include "common/process/child_reaper.h"
#include "common/process/pidfd.h"
#include "common/process/process_stat.h"

namespace tamada {

namespace {

constexpr Duration poll_every = 10ms;
constexpr Duration poll_group_every = 50ms;  // which goes through all processes

enum class Presence { running, ended, not_ours };

// Without reaping it: until then its number, and its group's, are nobody else's.
Presence presence_of(pid_t pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    return Presence::not_ours;
  }
  return info.si_pid == 0 ? Presence::running : Presence::ended;
}

// What a pipe can hold: as much as was written before the end, at most.
std::size_t capacity_of(int pipe) {
  const int size = ::fcntl(pipe, F_GETPIPE_SZ);
  return size > 0 ? static_cast<std::size_t>(size) : std::size_t{64} * 1024;
}

}  // namespace

ChildProcess::Output::Output(ChildProcess& child, ChildOutput which, UniqueFd pipe)
    : owner(child),
      from(which),
      fd(std::move(pipe)),
      watch(child.loop_, *this),
      lines(child.options_.longest_line) {
  watch.open(fd.get());
  // Out of memory: what it writes is read at its end, as far as the pipe holds it.
  if (!watch.want(true, false)) watch.close();
}

void ChildProcess::Output::on_ready(std::uint32_t) noexcept {
  owner.read(*this, owner.loop_.read_buffer().size());
}

ChildProcess::EndWatch::EndWatch(ChildProcess& child) : owner(child), watch(child.loop_, *this) {}

ChildProcess::ChildProcess(loop::Loop& loop, const ExecHelper& helper, ChildOptions options,
                           ChildCallbacks& callbacks)
    : loop_(loop),
      options_(std::move(options)),
      callbacks_(callbacks),
      poll_(loop, [this] { look(); }),
      limit_(loop, [this] {
        if (stopped_by_) return send_to_group(SIGKILL);
        stop(ChildEnd::Kind::deadline);
      }) {
  auto started = start_child(helper, options_.command);
  if (!started) {
    ChildEnd end{ChildEnd::Kind::not_started, {}, {}, std::move(started.error())};
    loop_.defer([handle = handles_.handle(), end = std::move(end)] {
      if (ChildProcess* child = handle.get()) child->callbacks_.on_child_end(end);
    });
    return;
  }
  pid_ = started->pid;
  report_ = std::move(started->report);
  outputs_[0].emplace(*this, ChildOutput::standard_output, std::move(started->output));
  outputs_[1].emplace(*this, ChildOutput::standard_error, std::move(started->error));
  watch_end();
  if (options_.deadline) limit_.start(*options_.deadline);
}

ChildProcess::~ChildProcess() {
  if (pid_ == 0) return;
  if (!has_ended_) send_to_group(SIGKILL);
  end_watch_.watch.close();
  ChildReaper::reap(loop_, pid_, std::move(pidfd_));
}

void ChildProcess::watch_end() {
  if (options_.use_pidfd) pidfd_ = open_pidfd(pid_);
  if (pidfd_.is_open()) {
    end_watch_.watch.open(pidfd_.get());
    if (end_watch_.watch.want(true, false)) return;
    end_watch_.watch.close();
  }
  poll_.start_repeating(poll_every);
}

void ChildProcess::cancel() {
  stop(ChildEnd::Kind::cancelled);
}

void ChildProcess::stop(ChildEnd::Kind why) {
  if (pid_ == 0 || stopped_by_ || has_ended_) return;
  stopped_by_ = why;
  send_to_group(SIGTERM);
  send_to_group(SIGCONT);
  limit_.start(options_.grace);
}

void ChildProcess::send_to_group(int signal) {
  if (presence_of(pid_) == Presence::not_ours) return;
  if (signal == SIGKILL) killed_ = true;
  ::kill(-pid_, signal);
}

void ChildProcess::look() {
  const Presence presence = presence_of(pid_);
  if (presence == Presence::running) return;
  if (presence == Presence::ended && stopped_by_ && !killed_ && group_has_others(pid_).value_or(true)) {
    // They have been asked as well, and have the rest of the grace. Cannot be told: as if there were some.
    end_watch_.watch.mute();
    return poll_.start(poll_group_every);
  }
  if (stopped_by_ || options_.kills_rest) send_to_group(SIGKILL);
  finish();
}

bool ChildProcess::read(Output& output, std::size_t most) {
  while (most > 0) {
    const std::span<std::byte> buffer = loop_.read_buffer();
    const ssize_t got = ::read(output.fd.get(), buffer.data(), std::min(buffer.size(), most));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (got == 0 || errno != EAGAIN) output.watch.close();  // nobody writes there any more
      return true;
    }
    const auto length = static_cast<std::size_t>(got);
    most -= length;
    if (!tell_lines(output, {reinterpret_cast<const char*>(buffer.data()), length})) return false;
  }
  return true;
}

bool ChildProcess::tell_lines(Output& output, std::string_view bytes) {
  const loop::Lifetime::Watch watch(lifetime_);
  while (output.lines.take(bytes)) {
    callbacks_.on_child_line(output.from, output.lines.line(), output.lines.is_cut());
    if (watch.is_over()) return false;
  }
  return true;
}

bool ChildProcess::finish_output(Output& output) {
  const loop::Lifetime::Watch watch(lifetime_);
  if (!read(output, capacity_of(output.fd.get()))) return false;
  output.watch.close();
  if (!output.lines.finish()) return true;
  callbacks_.on_child_line(output.from, output.lines.line(), output.lines.is_cut());
  return !watch.is_over();
}

void ChildProcess::finish() {
  has_ended_ = true;
  end_watch_.watch.close();
  poll_.stop();
  limit_.stop();
  for (std::optional<Output>& output : outputs_) {
    if (!finish_output(*output)) return;
  }
  siginfo_t info{};
  const bool is_ours =
      ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) == 0 && info.si_pid == pid_;
  pid_ = 0;
  pidfd_.reset();

  ChildEnd end;
  ExecReport report{};
  if (::read(report_.get(), &report, sizeof report) == sizeof report) {
    end.kind = ChildEnd::Kind::not_started;
    end.failure = start_failure(options_.command, report);
    return callbacks_.on_child_end(end);
  }
  if (is_ours && info.si_code == CLD_EXITED) {
    end.kind = ChildEnd::Kind::exited;
    end.status = info.si_status;
  } else if (is_ours) {
    end.kind = ChildEnd::Kind::signalled;
    end.signal = info.si_status;
  }
  if (stopped_by_) end.kind = *stopped_by_;
  callbacks_.on_child_end(end);
}

}  // namespace tamada
