#include "common/process/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/base/errno_text.h"
#include "common/base/unique_fd.h"
#include "common/loop/signal_mask.h"

namespace tamada {

namespace {

constexpr int first_descriptor = 3;
constexpr std::size_t pid_digits = 10;

// What the child tells before it is another program. Two of these: that it is there, and why it failed.
struct Word {
  pid_t pid;
  int code;
};

// Whatever follows fork(2) in a process with threads may use nothing but plain system calls.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  char* pid_text = nullptr;      // pid_digits characters within `environment`, for LISTEN_PID
  std::vector<UniqueFd> copies;  // above every number that they go to
};

bool is_of_descriptors(const std::string& variable) {
  // WATCHDOG_PID names the process that feeds systemd's watchdog: without it any may.
  for (const char* name : {"LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "WATCHDOG_PID="}) {
    if (variable.starts_with(name)) return true;
  }
  return false;
}

// At most pid_digits, and the end of the text behind them.
void write_decimal(pid_t pid, char* text) {
  std::size_t digits = 1;
  for (pid_t rest = pid / 10; rest > 0; rest /= 10) ++digits;
  text[digits] = '\0';
  for (; digits-- > 0; pid /= 10) text[digits] = static_cast<char>('0' + pid % 10);
}

[[noreturn]] void become(const char* program, const Prepared& prepared, int told) {
  const Word here{::getpid(), 0};
  if (::write(told, &here, sizeof here) != sizeof here) ::_exit(127);
  write_decimal(here.pid, prepared.pid_text);
  int number = first_descriptor;
  for (const UniqueFd& copy : prepared.copies) {
    if (::dup2(copy.get(), number++) < 0) break;
  }
  ::execve(program, prepared.arguments.data(), prepared.environment.data());
  const Word failed{here.pid, errno};
  static_cast<void>(!::write(told, &failed, sizeof failed));
  ::_exit(127);
}

tl::unexpected<Error> refuse(const char* call, const std::string& program, int code) {
  return fail(ErrorKind::system, fmt::format("cannot start {}: {}: {}", program, call, describe_errno(code)));
}

}  // namespace

Result<pid_t> spawn(const SpawnOptions& options) {
  SpawnOptions own = options;
  std::string names;
  for (const auto& [name, fd] : own.descriptors) names += (names.empty() ? "" : ":") + name;
  std::erase_if(own.environment, is_of_descriptors);
  own.environment.push_back("LISTEN_FDS=" + std::to_string(own.descriptors.size()));
  own.environment.push_back("LISTEN_FDNAMES=" + names);
  own.environment.push_back("LISTEN_PID=" + std::string(pid_digits, '0'));

  Prepared prepared;
  const int above = first_descriptor + static_cast<int>(own.descriptors.size());
  for (const auto& [name, fd] : own.descriptors) {
    prepared.copies.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, above));
    if (!prepared.copies.back().is_open()) return refuse("fcntl", options.program, errno);
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return refuse("pipe2", options.program, errno);
  const UniqueFd heard(ends[0]);
  UniqueFd told(::fcntl(ends[1], F_DUPFD_CLOEXEC, above));
  ::close(ends[1]);
  if (!told.is_open()) return refuse("fcntl", options.program, errno);
  for (std::string& argument : own.arguments) prepared.arguments.push_back(argument.data());
  prepared.arguments.push_back(nullptr);
  for (std::string& variable : own.environment) prepared.environment.push_back(variable.data());
  prepared.environment.push_back(nullptr);
  prepared.pid_text = own.environment.back().data() + own.environment.back().size() - pid_digits;

  pid_t between = 0;
  {
    // A handler of ours must not run in the child: it would write into pipes that both have.
    const loop::SignalsBlocked blocked;
    between = ::fork();
    if (between == 0) {
      // The one in between ends at once: so the program's parent is nobody here.
      const pid_t program = ::fork();
      if (program == 0) become(options.program.c_str(), prepared, told.get());
      if (program < 0) {
        const Word failed{0, errno};
        static_cast<void>(!::write(told.get(), &failed, sizeof failed));
      }
      ::_exit(0);
    }
  }
  if (between < 0) return refuse("fork", options.program, errno);
  told.reset();
  while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  // The end of the pipe: execve(2) has closed it.
  pid_t pid = 0;
  Word word{};
  for (;;) {
    const ssize_t got = ::read(heard.get(), &word, sizeof word);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof word) break;
    if (word.code != 0) return refuse(word.pid == 0 ? "fork" : "execve", options.program, word.code);
    pid = word.pid;
  }
  if (pid == 0) return refuse("fork", options.program, EAGAIN);
  return pid;
}

std::vector<std::string> environment_now() {
  std::vector<std::string> all;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    all.emplace_back(*variable);
  }
  return all;
}

}  // namespace tamada
