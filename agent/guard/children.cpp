#include "agent/guard/children.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>

#include "agent/guard/boot_clock.h"
#include "agent/guard/descriptors.h"
#include "agent/guard/rules/guard_core.h"

namespace tamada::guard {

namespace {

constexpr std::size_t most_texts = 4096;  // arguments and variables together
constexpr int not_there = 127;
constexpr int file_mode = 0600;

// The guard may have ended before the child could be told to end with it. What else the child has of the
// guard's descriptors is closed in it, the lock of the data directory first of all: it must not outlive the
// guard in a child that hangs.
pid_t fork_with_guard(int death_signal) {
  const pid_t guard = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, death_signal);
  if (death_signal != 0 && ::getppid() != guard) ::_exit(not_there);
  return 0;
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void give_up(int report, LaunchStage stage, int code) {
  const LaunchFailure failure{stage, code};
  static_cast<void>(!::write(report, &failure, sizeof failure));
  ::_exit(not_there);
}

bool open_output(const Launch& launch, int passed) {
  if (launch.output == LaunchOutput::inherited) return true;
  int fd = passed;
  if (launch.output == LaunchOutput::file) {
    fd = ::open(launch.output_file.data(), O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, file_mode);
  } else if (passed < 0) {
    errno = EBADF;
  }
  return fd >= 0 && ::dup2(fd, STDOUT_FILENO) >= 0 && ::dup2(fd, STDERR_FILENO) >= 0;
}

bool limit_open_files(std::uint64_t wanted) {
  if (wanted == 0) return true;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// Pointers to the texts of a list, and a null pointer behind them.
char** point_to(const TextList& list, char** out) {
  const char* text = list.bytes.data();
  for (std::uint32_t number = 0; number < list.count; ++number) {
    *out++ = const_cast<char*>(text);  // execve(2) takes them so, and changes none
    while (*text != '\0') ++text;
    ++text;
  }
  *out++ = nullptr;
  return out;
}

[[noreturn]] __attribute__((noinline)) void become(const Launch& launch, int passed, int report) {
  ::setsid();
  reset_signals();
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input < 0 || ::dup2(input, STDIN_FILENO) < 0) give_up(report, LaunchStage::output, errno);
  if (!open_output(launch, passed)) give_up(report, LaunchStage::output, errno);
  close_all_but({report});
  if (!limit_open_files(launch.open_files)) give_up(report, LaunchStage::limit, errno);
  if (!launch.directory.empty() && ::chdir(launch.directory.data()) != 0) {
    give_up(report, LaunchStage::directory, errno);
  }
  if (launch.arguments.count + launch.environment.count > most_texts) {
    give_up(report, LaunchStage::program, E2BIG);
  }
  std::array<char*, most_texts + 2> texts;
  char** environment = point_to(launch.arguments, texts.data());
  point_to(launch.environment, environment);
  ::execve(launch.program.data(), texts.data(), environment);
  give_up(report, LaunchStage::program, errno);
}

using FilePath = std::array<char, PATH_MAX>;

FilePath promote_file(const char* data_directory) {
  FilePath path{};
  std::snprintf(path.data(), path.size(), "%s/promote", data_directory);
  return path;
}

[[noreturn]] void promote(const char* data_directory, pid_t postmaster, int pidfd, TimePoint until) {
  if (boot_now() >= until) ::_exit(GuardCore::exit_late);
  const FilePath path = promote_file(data_directory);
  const int file = ::open(path.data(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, file_mode);
  if (file < 0) ::_exit(errno);
  // The disk may have taken its time.
  if (boot_now() >= until) {
    ::unlink(path.data());
    ::_exit(GuardCore::exit_late);
  }
  const bool is_sent = pidfd >= 0 ? ::syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, nullptr, 0) == 0
                                  : ::kill(postmaster, SIGUSR1) == 0;
  if (is_sent) ::_exit(0);
  const int code = errno;
  ::unlink(path.data());
  ::_exit(code);
}

[[noreturn]] void check_upgrade(const char* path, int copy, int state) {
  const int program = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat found {};
  if (program < 0 || ::fstat(program, &found) != 0) ::_exit(errno);
  off_t done = 0;
  while (done < found.st_size) {
    if (::sendfile(copy, program, &done, static_cast<std::size_t>(found.st_size - done)) <= 0) ::_exit(EIO);
  }
  reset_signals();
  ::close(program);
  set_close_on_exec(state, false);
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "%d", state);
  char name[] = "tamada-guard";
  char option[] = "--check-state";
  std::array<char*, 4> arguments{name, option, number.data(), nullptr};
  char* none = nullptr;
  ::syscall(SYS_execveat, copy, "", arguments.data(), &none, AT_EMPTY_PATH);
  ::_exit(errno);
}

}  // namespace

pid_t launch(const Launch& launch, int passed, UniqueFd& report) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  report.reset(ends[0]);
  UniqueFd told(ends[1]);
  const pid_t child = fork_with_guard(launch.kind == ProcessKind::postmaster ? SIGQUIT : SIGTERM);
  if (child == 0) become(launch, passed, told.get());
  return child;
}

LaunchReport read_launch_report(int report) {
  LaunchFailure failure;
  const ssize_t got = ::read(report, &failure, sizeof failure);
  if (got == sizeof failure) return {false, failure};
  return {got == 0, std::nullopt};
}

pid_t start_promotion(const char* data_directory, pid_t postmaster, int pidfd, TimePoint until) {
  const pid_t child = fork_with_guard(SIGKILL);
  if (child != 0) return child;
  close_all_but({pidfd});
  promote(data_directory, postmaster, pidfd, until);
}

pid_t start_unpromotion(const char* data_directory) {
  const pid_t child = fork_with_guard(SIGKILL);
  if (child != 0) return child;
  close_all_but({});
  ::_exit(::unlink(promote_file(data_directory).data()) == 0 || errno == ENOENT ? 0 : errno);
}

pid_t start_upgrade_check(const char* path, int copy, int state) {
  const pid_t child = fork_with_guard(SIGKILL);
  if (child != 0) return child;
  close_all_but({std::min(copy, state), std::max(copy, state)});
  check_upgrade(path, copy, state);
}

pid_t start_log_line(const char* words) {
  const pid_t guard = ::getpid();
  // The guard's last words outlive it.
  const pid_t child = fork_with_guard(0);
  if (child != 0) return child;
  close_all_but({});
  std::array<char, 1024> line{};
  const int length =
      std::snprintf(line.data(), line.size(), "tamada-guard[%d]: %s\n", static_cast<int>(guard), words);
  const auto size = std::min(static_cast<std::size_t>(length), line.size() - 1);
  static_cast<void>(!::write(STDERR_FILENO, line.data(), size));
  ::_exit(0);
}

}  // namespace tamada::guard
