#include "agent/guard/guard.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <utility>

#include "agent/guard/boot_clock.h"
#include "agent/guard/children.h"
#include "agent/guard/descriptors.h"
#include "agent/guard/rules/saved_state.h"

namespace tamada::guard {

namespace {

constexpr int adopted_poll_ms = 100;  // where there is no pidfd
constexpr int most_messages = 64;     // of an agent whose place another one asks for

void watch_fd(int epoll, int fd, std::uint32_t events, int operation = EPOLL_CTL_ADD) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll, operation, fd, &event);
}

// What is too long is cut, and is not found.
void copy_path(std::string_view from, std::array<char, PATH_MAX>& to) {
  to = {};
  std::copy_n(from.data(), std::min(from.size(), to.size() - 1), to.data());
}

GuardCore::Exit exit_of(const siginfo_t& info) {
  return {info.si_code == CLD_EXITED ? EndKind::exited : EndKind::signalled, info.si_status};
}

}  // namespace

Guard::Guard(const GuardNames& names, const GuardCore& core, int lock, AgentLink& link,
             const DataProcesses& processes)
    : names_(names), core_(core), lock_(lock), link_(link), processes_(processes) {}

bool Guard::open() {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  timer_.reset(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  signals_.reset(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!epoll_.is_open() || !timer_.is_open() || !signals_.is_open()) return false;
  for (const int fd : {timer_.get(), signals_.get(), link_.listener()}) watch_fd(epoll_.get(), fd, EPOLLIN);
  if (link_.has_agent()) watch_fd(epoll_.get(), link_.agent(), EPOLLIN);
  return true;
}

void Guard::take_over(const GuardAbilities& abilities, UniqueFd watchdog) {
  watchdog_ = WatchdogDevice(std::move(watchdog));
  carry_out(core_.upgraded(abilities, boot_now()));
  // Ends that were told to the program before.
  on_children();
  send_status();
}

void Guard::run() {
  while (!leaves_) {
    set_timer();
    wait();
  }
}

void Guard::set_timer() {
  const TimePoint next = core_.next_turn();
  itimerspec at{};
  if (next != TimePoint::max()) {
    // 0 would stop the timer.
    const auto since_boot = std::max(next.time_since_epoch(), Duration(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
    at.it_value.tv_sec = seconds.count();
    at.it_value.tv_nsec = std::chrono::nanoseconds(since_boot - seconds).count();
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void Guard::wait() {
  std::array<epoll_event, 8> events{};
  const bool looks = core_.process().is_adopted && !adopted_.is_open();
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), looks ? adopted_poll_ms : -1);
  // First of all the deadline, which may have passed while nothing here ran.
  on_timer();
  if (looks) on_adopted();
  for (int number = 0; number < count && !leaves_; ++number) {
    const epoll_event& event = events[static_cast<std::size_t>(number)];
    const int fd = event.data.fd;
    if (fd == signals_.get()) on_children();
    if (fd == launch_report_.get()) on_launch_report();
    if (fd == adopted_.get()) on_adopted();
    if (fd == link_.listener()) on_connection();
    if (fd == link_.agent()) {
      if ((event.events & EPOLLOUT) != 0 && owes_status_) send_status();
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) static_cast<void>(on_request());
    }
  }
}

// --- what happened

void Guard::on_timer() {
  std::uint64_t times = 0;
  static_cast<void>(!::read(timer_.get(), &times, sizeof times));
  carry_out(core_.turn(boot_now()));
}

void Guard::on_children() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) > 0) {
  }
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    if (info.si_pid == core_.process().pid) on_launch_report();
    std::replace(std::begin(lines_), std::end(lines_), info.si_pid, 0);
    // Reaped afterwards: until then its number, which is also its group's, is nobody else's.
    carry_out(core_.child_ended(info.si_pid, exit_of(info), boot_now()));
    ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
  }
}

void Guard::on_launch_report() {
  if (!launch_report_.is_open()) return;
  const LaunchReport report = read_launch_report(launch_report_.get());
  if (!report.runs && !report.failure) return;
  launch_report_.reset();
  carry_out(report.failure ? core_.program_failed(*report.failure, boot_now())
                           : core_.program_runs(boot_now()));
}

void Guard::on_adopted() {
  const ProcessState& process = core_.process();
  if (!process.is_adopted) return adopted_.reset();
  if (!adopted_.is_open() && processes_.start_time(process.pid) == process.start_time) return;
  adopted_.reset();
  carry_out(core_.child_ended(process.pid, {}, boot_now()));
}

void Guard::on_connection() {
  // What the agent before has still sent, and its end, come first: a new one is often there as soon as it has
  // died.
  for (int message = 0; message < most_messages && link_.has_agent() && on_request(); ++message) {
  }
  if (leaves_) return;
  Report busy = report_now();
  busy.outcome = Outcome::other_agent;
  switch (link_.accept(busy)) {
    case AgentLink::Accepted::nobody:
      return;
    case AgentLink::Accepted::refused:
      return write_line("refused a connection: it is another user's, or another agent is connected");
    case AgentLink::Accepted::agent:
      watch_fd(epoll_.get(), link_.agent(), EPOLLIN);
      return carry_out(core_.agent_came(boot_now()));
  }
}

bool Guard::on_request() {
  std::span<const std::byte> message;
  passed_.reset();
  switch (link_.receive(message, passed_)) {
    case AgentLink::Received::nothing:
      return false;
    case AgentLink::Received::end:
      on_agent_end();
      return false;
    case AgentLink::Received::message:
      break;
  }
  const auto request = decode_request(message);
  if (!request) {
    carry_out(core_.unreadable_request(boot_now()));
    return true;
  }
  GuardCore::Facts facts;
  if (request->kind == RequestKind::start) facts.leftovers = processes_.signal_all(0);
  if (request->kind == RequestKind::adopt)
    facts.is_ours = processes_.is_one(request->pid, request->start_time);
  if (request->kind == RequestKind::watchdog) {
    // Another device is opened anew.
    if (request->path != watchdog_path_.data()) watchdog_.close();
    copy_path(request->path, watchdog_path_);
  }
  asked_ = &*request;
  carry_out(core_.request(*request, facts, boot_now()));
  asked_ = nullptr;
  passed_.reset();
  return true;
}

void Guard::on_agent_end() {
  link_.drop_agent();
  owes_status_ = false;
  carry_out(core_.agent_left(boot_now()));
}

// --- what the rules say

void Guard::carry_out(const EffectList& effects) {
  for (const Effect& effect : effects) carry_out(effect);
}

void Guard::carry_out(const Effect& effect) {
  switch (effect.kind) {
    case EffectKind::launch:
      return launch_asked();
    case EffectKind::watch:
      return watch(effect.pid);
    case EffectKind::signal_process:
      if (adopted_.is_open() && effect.pid == core_.process().pid) {
        ::syscall(SYS_pidfd_send_signal, adopted_.get(), effect.signal, nullptr, 0);
      } else {
        ::kill(effect.pid, effect.signal);
      }
      return;
    case EffectKind::signal_group:
      ::kill(-effect.pid, effect.signal);
      return;
    case EffectKind::sweep:
      return carry_out(core_.swept(processes_.signal_all(effect.signal), boot_now()));
    case EffectKind::promote:
      return promote(effect.until);
    case EffectKind::unpromote:
      return tell(start_unpromotion(names_.data_directory));
    case EffectKind::check_upgrade:
      return check_upgrade();
    case EffectKind::upgrade:
      return upgrade();
    case EffectKind::watchdog_open:
      return open_watchdog();
    case EffectKind::watchdog_ping:
      return watchdog_.ping();
    case EffectKind::watchdog_close:
      return watchdog_.close();
    case EffectKind::report:
      return report(effect);
    case EffectKind::say:
      return say(effect.notice);
    case EffectKind::leave:
      leaves_ = true;
      return;
  }
}

void Guard::launch_asked() {
  const pid_t pid = launch(asked_->launch, passed_.get(), launch_report_);
  if (pid < 0) return carry_out(core_.launch_failed(errno, boot_now()));
  carry_out(core_.launched(pid, processes_.start_time(pid), boot_now()));
  watch_fd(epoll_.get(), launch_report_.get(), EPOLLIN);
}

void Guard::watch(pid_t pid) {
  adopted_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  // Another process may have got the number before the descriptor was opened.
  if (processes_.start_time(pid) != core_.process().start_time) {
    adopted_.reset();
    return on_adopted();
  }
  if (adopted_.is_open()) watch_fd(epoll_.get(), adopted_.get(), EPOLLIN);
}

void Guard::promote(TimePoint until) {
  tell(start_promotion(names_.data_directory, core_.process().pid, adopted_.get(), until));
}

void Guard::tell(pid_t helper) {
  carry_out(helper < 0 ? core_.helper_failed(errno, boot_now()) : core_.helper_started(helper, boot_now()));
}

Report Guard::report_now() const {
  Report report;
  report.status = core_.status();
  report.status.guard = ::getpid();
  report.version = TAMADA_VERSION;
  return report;
}

void Guard::report(const Effect& effect) {
  if (!link_.has_agent()) return;
  if (effect.request == 0 && effect.outcome == Outcome::done) return send_status();
  Report told = report_now();
  told.request = effect.request;
  told.outcome = effect.outcome;
  told.code = effect.code;
  if (link_.send(told) != AgentLink::Sent::sent) on_agent_end();
}

void Guard::send_status() {
  if (!link_.has_agent()) return;
  // A broken connection is seen where it is read.
  const bool is_full = link_.send(report_now()) == AgentLink::Sent::full;
  if (is_full != owes_status_) {
    watch_fd(epoll_.get(), link_.agent(), is_full ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
  }
  owes_status_ = is_full;
}

// --- the upgrade

void Guard::open_watchdog() {
  const int code = watchdog_.open(watchdog_path_.data(), core_.status().watchdog.timeout);
  carry_out(core_.watchdog_opened(code, boot_now()));
}

void Guard::check_upgrade() {
  copy_path(asked_->path, next_path_);
  // In memory, so that the change from one program to the next needs no disk.
  next_program_.reset(::memfd_create("tamada-guard", MFD_CLOEXEC));
  const UniqueFd state(::memfd_create("tamada-guard-state", MFD_CLOEXEC));
  std::array<std::byte, longest_saved_state> buffer;
  const auto bytes =
      encode(SavedState{core_, lock_, link_.listener(), link_.agent(), watchdog_.fd()}, buffer);
  if (!next_program_.is_open() || !state.is_open() || ::write(state.get(), bytes.data(), bytes.size()) < 0) {
    return carry_out(core_.upgrade_failed(errno, boot_now()));
  }
  const pid_t checker = start_upgrade_check(next_path_.data(), next_program_.get(), state.get());
  carry_out(checker < 0 ? core_.upgrade_failed(errno, boot_now())
                        : core_.checker_started(checker, boot_now()));
}

void Guard::upgrade() {
  const UniqueFd state(::memfd_create("tamada-guard-state", MFD_CLOEXEC));
  std::array<std::byte, longest_saved_state> buffer;
  const auto bytes =
      encode(SavedState{core_, lock_, link_.listener(), link_.agent(), watchdog_.fd()}, buffer);
  if (state.is_open() && ::write(state.get(), bytes.data(), bytes.size()) > 0) {
    const std::array kept{state.get(), lock_, link_.listener(), link_.agent(), watchdog_.fd()};
    for (const int fd : kept) set_close_on_exec(fd, false);
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "%d", state.get());
    char name[] = "tamada-guard";
    char option[] = "--resume";
    std::array<char*, 7> arguments{
        name, option, number.data(), names_.data_directory, names_.node, names_.state_directory, nullptr};
    ::syscall(SYS_execveat, next_program_.get(), "", arguments.data(), ::environ, AT_EMPTY_PATH);
    const int code = errno;
    for (const int fd : kept) set_close_on_exec(fd, true);
    errno = code;
  }
  const int code = errno;
  next_program_.reset();
  carry_out(core_.upgrade_failed(code, boot_now()));
}

// --- lines for people

void Guard::say(Notice notice) {
  switch (notice) {
    case Notice::fired:
      return write_line(
          "the leader lock was not renewed in time: PostgreSQL and all its processes are being ended");
    case Notice::swept:
      return write_line("no process of PostgreSQL is left in the data directory");
    case Notice::postmaster_gone:
      return write_line("PostgreSQL's postmaster has ended");
    case Notice::agent_gone:
      return write_line("the agent's connection has ended; PostgreSQL goes on, tools are ended");
  }
}

void Guard::write_line(const char* words) {
  pid_t* const free = std::find(std::begin(lines_), std::end(lines_), 0);
  if (free == lines_.end()) return;
  *free = std::max(start_log_line(words), 0);
}

}  // namespace tamada::guard
