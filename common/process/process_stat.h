// /proc/PID/stat (proc(5)): what the kernel says of a process to everybody who may look.
#pragma once

#include <sys/types.h>
#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tamada {

struct ProcessStat {
  pid_t pid = 0;
  std::string name;  // at most 15 bytes, which the process chooses: anything may stand there
  char state = ' ';  // R, S, D, T, ...; Z: zombie
  pid_t parent = 0;
  pid_t group = 0;
  std::int64_t threads = 0;      // still there
  std::uint64_t start_time = 0;  // field 22: clock ticks since the machine booted. Never changes

  // It runs no code any more and only waits to be reaped. A leader whose other threads go on is shown as a
  // zombie, too, and is none.
  [[nodiscard]] bool has_ended() const { return (state == 'Z' || state == 'X') && threads <= 1; }
};

// The text of the file. The name stands in parentheses and may hold blanks, parentheses and newlines: it ends
// at the last parenthesis there is. None: it is not what proc(5) says. Pure.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

// Reads it. The error is an errno: ENOENT or ESRCH where there is no such process, or none that may be seen
// (hidepid=2); EPERM or EACCES with hidepid=1; EBADMSG for a text that cannot be read. `proc`: where it is
// mounted.
[[nodiscard]] tl::expected<ProcessStat, int> read_process_stat(pid_t pid, const std::string& proc = "/proc");

// Is there anybody in the process group but its leader? None: it cannot be told (no /proc). Goes through all
// processes that may be seen: for rare use.
[[nodiscard]] std::optional<bool> group_has_others(pid_t leader, const std::string& proc = "/proc");

}  // namespace tamada
