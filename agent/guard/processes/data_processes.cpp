#include "agent/guard/processes/data_processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace tamada::guard {

namespace {

constexpr std::string_view program_name = "postgres";
constexpr std::string_view deleted = " (deleted)";  // d_path's word for what has no name any more
constexpr int field_state = 3;
constexpr int field_start_time = 22;

using Path = std::array<char, PATH_MAX + 16>;
using Name = std::array<char, 32>;

std::string_view without_deleted(std::string_view path) {
  if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
  return path;
}

std::string_view read_link(int proc, const char* pid, const char* what, Path& path) {
  Name name{};
  std::snprintf(name.data(), name.size(), "%s/%s", pid, what);
  const ssize_t length = ::readlinkat(proc, name.data(), path.data(), path.size());
  return length < 0 ? std::string_view() : without_deleted({path.data(), static_cast<std::size_t>(length)});
}

Name text_of(pid_t pid) {
  Name name{};
  std::snprintf(name.data(), name.size(), "%d", static_cast<int>(pid));
  return name;
}

// The number in a name of /proc; 0: it is none.
pid_t pid_of(const char* name) {
  pid_t pid = 0;
  const char* end = name + std::strlen(name);
  const auto [at, code] = std::from_chars(name, end, pid);
  return code == std::errc() && at == end ? pid : 0;
}

// A pidfd cannot hit a process that has got the number meanwhile. Where there is none to be had, the number
// was looked at a moment ago.
void send(const UniqueFd& pidfd, pid_t pid, int signal) {
  if (!pidfd.is_open() || ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) != 0) {
    ::kill(pid, signal);
  }
}

}  // namespace

DataProcesses::DataProcesses(const char* data_directory)
    : data_directory_(data_directory), proc_(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  Path path;
  can_see_ = proc_.is_open() && !read_link(proc_.get(), "self", "exe", path).empty();
}

bool DataProcesses::is_one(const char* pid) const {
  Path path;
  std::string_view program = read_link(proc_.get(), pid, "exe", path);
  if (!program.ends_with(program_name)) return false;
  program.remove_suffix(program_name.size());
  if (!program.ends_with('/')) return false;
  return read_link(proc_.get(), pid, "cwd", path) == data_directory_;
}

std::uint32_t DataProcesses::signal_all(int signal) const {
  std::uint32_t found = 0;
  alignas(dirent64) std::array<char, 8192> buffer;
  if (::lseek(proc_.get(), 0, SEEK_SET) != 0) return 0;
  for (;;) {
    const ssize_t got = ::getdents64(proc_.get(), buffer.data(), buffer.size());
    if (got <= 0) return found;
    for (ssize_t at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      const pid_t pid = pid_of(entry->d_name);
      if (pid == 0 || !is_one(entry->d_name)) continue;
      ++found;
      if (signal == 0) continue;
      const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
      if (is_one(entry->d_name)) send(pidfd, pid, signal);
    }
  }
}

bool DataProcesses::is_one(pid_t pid, std::uint64_t start_time) const {
  // Between the two looks the number cannot become another's and be the first one's again.
  return pid > 1 && start_time != 0 && this->start_time(pid) == start_time && is_one(text_of(pid).data()) &&
         this->start_time(pid) == start_time;
}

std::uint64_t DataProcesses::start_time(pid_t pid) const {
  Name name{};
  std::snprintf(name.data(), name.size(), "%d/stat", static_cast<int>(pid));
  const UniqueFd file(::openat(proc_.get(), name.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text{};
  if (!file.is_open() || ::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  // The name may hold anything, so the fields are counted from its last parenthesis.
  const char* at = std::strrchr(text.data(), ')');
  if (at == nullptr) return 0;
  for (int field = field_state; *at != '\0'; ++field) {
    at = std::strchr(at + 1, ' ');
    if (at == nullptr) return 0;
    if (field == field_state && (at[1] == 'Z' || at[1] == 'X')) return 0;
    if (field != field_start_time) continue;
    std::uint64_t ticks = 0;
    std::from_chars(at + 1, text.data() + text.size(), ticks);
    return ticks;
  }
  return 0;
}

}  // namespace tamada::guard
