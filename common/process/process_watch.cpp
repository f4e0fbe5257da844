#include "common/process/process_watch.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>

#include "common/base/errno_text.h"
#include "common/process/pidfd.h"
#include "common/process/process_stat.h"

namespace tamada {

namespace {

bool says_absent(int code) {
  return code == ENOENT || code == ESRCH;
}

// Whoever it is, and whether or not it may be looked at.
bool has_somebody(pid_t pid) {
  return ::kill(pid, 0) == 0 || errno != ESRCH;
}

// None: nobody has the number, or only a zombie.
Result<std::optional<ProcessStat>> look_at(pid_t pid, const std::string& proc) {
  auto stat = read_process_stat(pid, proc);
  // One that has begun, or was replaced, between two looks is not hidden.
  if (!stat && says_absent(stat.error()) && has_somebody(pid)) stat = read_process_stat(pid, proc);
  if (stat) {
    if (stat->has_ended()) return std::nullopt;
    return std::optional<ProcessStat>(*std::move(stat));
  }
  const int code = stat.error();
  if (!has_somebody(pid)) return std::nullopt;
  return fail(
      ErrorKind::unavailable,
      fmt::format("cannot tell whether process {} is the one it was: {}/{}/stat: {}{}", pid, proc, pid,
                  describe_errno(code),
                  says_absent(code) || code == EPERM || code == EACCES
                      ? "; mount /proc, without hidepid= or with gid= of a group that this process is in"
                      : ""));
}

}  // namespace

Result<std::optional<ProcessIdentity>> identify_process(pid_t pid, const std::string& proc) {
  const auto stat = look_at(pid, proc);
  if (!stat) return tl::make_unexpected(stat.error());
  if (!*stat) return std::nullopt;
  return std::optional<ProcessIdentity>({pid, (*stat)->start_time});
}

ProcessWatch::ProcessWatch(loop::Loop& loop, const ProcessIdentity& process, ProcessWatchCallbacks& callbacks)
    : ProcessWatch(loop, process, callbacks, Options{}) {}

ProcessWatch::ProcessWatch(loop::Loop& loop, const ProcessIdentity& process, ProcessWatchCallbacks& callbacks,
                           const Options& options)
    : process_(process), callbacks_(callbacks), options_(options), watch_(loop, *this), poll_(loop, [this] {
        look();
      }) {
  // First the pidfd, then the look: what is seen to be the process meant after the pidfd was opened was so
  // when it was opened.
  if (options_.use_pidfd) pidfd_ = open_pidfd(process_.pid);
  if (pidfd_.is_open()) {
    watch_.open(pidfd_.get());
    if (!watch_.want(true, false)) {
      watch_.close();
      pidfd_.reset();
    }
  }
  poll_.start_repeating(options_.poll);
  loop.defer([handle = handles_.handle()] {
    if (ProcessWatch* self = handle.get()) self->look();
  });
}

void ProcessWatch::on_ready(std::uint32_t) noexcept {
  end();
}

Result<ProcessWatch::Seen> ProcessWatch::compare() const {
  const auto stat = look_at(process_.pid, options_.proc);
  if (!stat) return tl::make_unexpected(stat.error());
  return *stat && (*stat)->start_time == process_.start_time ? Seen::running : Seen::ended;
}

void ProcessWatch::look() {
  if (!poll_.is_active()) return;
  const auto seen = compare();
  if (!seen) {
    if (!std::exchange(told_unknown_, true)) callbacks_.on_process_unknown(seen.error());
    return;
  }
  if (*seen == Seen::ended) return end();
  told_unknown_ = false;
  compared_ = true;
  if (has_pidfd()) poll_.stop();
}

void ProcessWatch::end() {
  watch_.close();
  poll_.stop();
  callbacks_.on_process_end();
}

Result<ProcessWatch::Sent> ProcessWatch::signal(int number) {
  if (has_pidfd() && has_ended(pidfd_)) return Sent::has_ended;
  if (!compared_ || !has_pidfd()) {
    const auto seen = compare();
    if (!seen) return tl::make_unexpected(seen.error());
    if (*seen == Seen::ended) return Sent::has_ended;
    compared_ = true;
  }
  int code = ENOSYS;
  if (has_pidfd()) code = send_signal(pidfd_, number);
  // A filter of system calls that lets pidfd_open() pass and not the other says either. Who really may not
  // is told so by kill() as well.
  if (code == ENOSYS || code == EPERM) {
    const auto seen = compare();
    if (!seen) return tl::make_unexpected(seen.error());
    if (*seen == Seen::ended) return Sent::has_ended;
    code = ::kill(process_.pid, number) == 0 ? 0 : errno;
  }
  if (code == 0) return Sent::sent;
  if (code == ESRCH) return Sent::has_ended;
  return fail(
      code == EPERM ? ErrorKind::denied : ErrorKind::system,
      fmt::format("cannot send signal {} to process {}: {}", number, process_.pid, describe_errno(code)));
}

}  // namespace tamada
