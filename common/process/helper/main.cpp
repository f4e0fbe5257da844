// tamada-exec: the last step before a program: closes what it must not have, takes the limit, the user and
// the directory that it is to have, and becomes it. What fails is reported with its errno (exec_report.h),
// never as an exit status, which could be the program's own.
//
// A program of its own, and static: between fork(2) and execve(2) in a process with threads next to nothing
// may be called; here everything may. Whoever starts it waits only until this small file is read, and not for
// a program or a directory on a disk that hangs. And the environment it is given, LD_PRELOAD and all, is the
// next program's and means nothing here. Process group, signal mask and dispositions are set already: by
// posix_spawn(3), so that a signal to the group finds it from the first moment.
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "common/process/exec_report.h"

namespace {

using tamada::ExecReport;
using tamada::report_descriptor;
using tamada::StartStage;

[[noreturn]] void give_up(StartStage stage, int code) {
  const ExecReport report{stage, code};
  static_cast<void>(!::write(report_descriptor, &report, sizeof report));
  ::_exit(127);
}

// For kernels before 5.9, and filters of system calls that do not know close_range(2).
bool close_one_by_one(unsigned first) {
  DIR* open = ::opendir("/proc/self/fd");
  if (open == nullptr) return false;
  while (const dirent* entry = ::readdir(open)) {
    char* end = nullptr;
    const long number = std::strtol(entry->d_name, &end, 10);
    if (end == entry->d_name || *end != '\0') continue;
    if (number >= static_cast<long>(first) && number != ::dirfd(open)) ::close(static_cast<int>(number));
  }
  ::closedir(open);
  return true;
}

bool limit_open_files(const char* text) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const rlim_t wanted = std::strtoull(text, nullptr, 10);
  limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

bool become_user(const char* text) {
  static std::array<gid_t, 65536> numbers;  // NGROUPS_MAX; memory that is not written to is not there
  std::size_t count = 0;
  while (*text != '\0') {
    if (count == numbers.size()) {
      errno = EINVAL;
      return false;
    }
    char* end = nullptr;
    numbers[count++] = static_cast<gid_t>(std::strtoul(text, &end, 10));
    text = *end == ' ' ? end + 1 : end;
  }
  if (count < 2) {
    errno = EINVAL;
    return false;
  }
  // The user goes last: nobody else may change the groups.
  return ::setgroups(count - 2, numbers.data() + 2) == 0 && ::setgid(numbers[1]) == 0 &&
         ::setuid(numbers[0]) == 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 6) {
    static constexpr char words[] =
        "tamada-exec starts programs for tamada-agent; it is not meant to be run by hand\n";
    static_cast<void>(!::write(STDERR_FILENO, words, sizeof words - 1));
    return 127;
  }
  const char* user = arguments[1];
  const char* open_files = arguments[2];
  const char* directory = arguments[3];
  const char* program = arguments[4];
  if (::fcntl(report_descriptor, F_SETFD, FD_CLOEXEC) != 0) return 127;
  if (::close_range(report_descriptor + 1, ~0U, 0) != 0) {
    const int code = errno;
    if (!close_one_by_one(report_descriptor + 1)) give_up(StartStage::descriptors, code);
  }
  if (*open_files != '\0' && !limit_open_files(open_files)) give_up(StartStage::limit, errno);
  if (*user != '\0' && !become_user(user)) give_up(StartStage::user, errno);
  if (*directory != '\0' && ::chdir(directory) != 0) give_up(StartStage::directory, errno);
  ::execve(program, arguments + 5, environ);
  give_up(StartStage::program, errno);
}
