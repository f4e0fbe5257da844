// DataProcesses: the PostgreSQL processes that work on one data directory, by what /proc says of all
// processes: the executable's base name is postgres, also when the kernel calls it deleted after an upgrade,
// and the working directory is the data directory. (Every process of PostgreSQL works there, the postmaster
// from its first moments on.)
//
// Looks at links in /proc only, which the kernel answers from memory: no disk, and none that hangs, is
// touched. Needs the right to see those links: processes of the same user, or root's. No heap.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "common/base/unique_fd.h"

namespace tamada::guard {

class DataProcesses {
 public:
  // `data_directory`: absolute, without symbolic links, and there for as long as this.
  explicit DataProcesses(const char* data_directory);

  // /proc is mounted and shows this process's executable.
  [[nodiscard]] bool can_see() const { return can_see_; }
  // Sends `signal` to each of them (0: none) and tells how many there are. Zombies are none.
  [[nodiscard]] std::uint32_t signal_all(int signal) const;
  // It is one of them, and started then.
  [[nodiscard]] bool is_one(pid_t pid, std::uint64_t start_time) const;
  // Field 22 of /proc/PID/stat; 0: there is no such process, or a zombie, or it cannot be told.
  [[nodiscard]] std::uint64_t start_time(pid_t pid) const;

 private:
  [[nodiscard]] bool is_one(const char* pid) const;

  const std::string_view data_directory_;
  UniqueFd proc_;
  bool can_see_ = false;
};

}  // namespace tamada::guard
