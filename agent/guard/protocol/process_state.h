// What runs on the data directory by the guard's doing, and how the last of it ended.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "common/base/time.h"

namespace tamada::guard {

enum class ProcessKind : std::uint8_t {
  none,
  postmaster,  // PostgreSQL: goes on without an agent, not without the guard
  tool,  // initdb, base backup, rewind, single-user mode, a custom method: its group is ended with its agent
};
inline constexpr ProcessKind last_process_kind = ProcessKind::tool;

struct ProcessState {
  ProcessKind kind = ProcessKind::none;
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // as /proc/PID/stat has it; 0: unknown
  // Somebody else is its parent: it does not end with the guard, and its exit status is not known.
  bool is_adopted = false;
  bool is_starting = false;  // the guard's child, and not yet the program
  bool operator==(const ProcessState&) const = default;
};

// What the child could not do before it became the program.
enum class LaunchStage : std::uint8_t { output, limit, directory, program };
inline constexpr LaunchStage last_launch_stage = LaunchStage::program;

struct LaunchFailure {
  LaunchStage stage = LaunchStage::program;
  int code = 0;  // errno
  bool operator==(const LaunchFailure&) const = default;
};

enum class EndKind : std::uint8_t { none, exited, signalled, not_started, unknown };
inline constexpr EndKind last_end_kind = EndKind::unknown;

struct ProcessEnd {
  EndKind kind = EndKind::none;
  ProcessState process;
  int value = 0;                             // exit status, signal, or errno of what was not started
  LaunchStage stage = LaunchStage::program;  // of what was not started
  TimePoint at{};
  bool operator==(const ProcessEnd&) const = default;
};

template <class Archive>
void describe(Archive& archive, ProcessState& process) {
  archive.field(process.kind, last_process_kind);
  archive.field(process.pid);
  archive.field(process.start_time);
  archive.field(process.is_adopted);
  archive.field(process.is_starting);
}

template <class Archive>
void describe(Archive& archive, ProcessEnd& end) {
  archive.field(end.kind, last_end_kind);
  describe(archive, end.process);
  archive.field(end.value);
  archive.field(end.stage, last_launch_stage);
  archive.field(end.at);
}

}  // namespace tamada::guard
