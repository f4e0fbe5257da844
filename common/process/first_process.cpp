#include "common/process/first_process.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "common/base/errno_text.h"

namespace tamada {

namespace {

using Tell = std::function<void(const std::string& words)>;

constexpr int by_signal = 128;  // a shell's way to tell of it in a status

// What people and container engines send.
constexpr std::array handed_on{SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGABRT};

int exit_status(int status) {
  return WIFSIGNALED(status) ? by_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string end_words(int status) {
  if (WIFSIGNALED(status)) return fmt::format("ended by signal {}", WTERMSIG(status));
  return fmt::format("exit status={}", WEXITSTATUS(status));
}

// All that have ended, several for one signal. Ends with the program.
void reap(pid_t program, const Tell& tell) {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return;
    if (pid == program) {
      if (WIFSIGNALED(status)) tell(fmt::format("process {} was {}", pid, end_words(status)));
      ::_exit(exit_status(status));
    }
    tell(fmt::format("Reaped pid={}, {}", pid, end_words(status)));
  }
}

[[noreturn]] void serve(pid_t program, const Tell& tell) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  for (const int signal : handed_on) sigaddset(&awaited, signal);
  for (;;) {
    reap(program, tell);
    const int signal = ::sigwaitinfo(&awaited, nullptr);
    if (signal > 0 && signal != SIGCHLD) ::kill(program, signal);
  }
}

}  // namespace

Result<void> leave_first_process(const Tell& tell) {
  if (::getpid() != 1) return {};
  ::signal(SIGCHLD, SIG_DFL);  // where it was ignored nobody could be waited for
  const pid_t program = ::fork();
  if (program < 0) return fail(ErrorKind::system, "fork: " + describe_errno(errno));
  if (program > 0) serve(program, tell);
  return {};
}

}  // namespace tamada
