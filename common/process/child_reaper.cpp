#include "common/process/child_reaper.h"

#include <sys/wait.h>

#include <utility>

namespace tamada {

namespace {

constexpr Duration poll_every = 10ms;

// Also if it is not there to be reaped.
bool is_reaped(pid_t pid) {
  siginfo_t info{};
  const int code = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
  return code != 0 || info.si_pid != 0;
}

}  // namespace

void ChildReaper::reap(loop::Loop& loop, pid_t pid, UniqueFd pidfd) {
  if (is_reaped(pid)) return;
  // NOLINTNEXTLINE: the constructor is private
  loop.own(std::unique_ptr<ChildReaper>(new ChildReaper(loop, pid, std::move(pidfd))));
}

ChildReaper::ChildReaper(loop::Loop& loop, pid_t pid, UniqueFd pidfd)
    : loop_(loop), pid_(pid), pidfd_(std::move(pidfd)), watch_(loop, *this) {
  if (pidfd_.is_open()) {
    watch_.open(pidfd_.get());
    if (watch_.want(true, false)) return;
    watch_.close();
  }
  poll_ = std::make_unique<loop::Timer>(loop, [this] { poll(); });
  poll_->start_repeating(poll_every);
}

void ChildReaper::on_ready(std::uint32_t) noexcept {
  poll();
}

void ChildReaper::poll() {
  if (!is_reaped(pid_)) return;
  watch_.close();
  if (poll_ != nullptr) poll_->stop();
  loop_.disown(this);
}

}  // namespace tamada
