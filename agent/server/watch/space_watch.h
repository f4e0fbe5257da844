// SpaceWatch: whether a disk of this node's PostgreSQL is full: that of the data directory and that of pg_wal, looked at again
// and again on another thread.
//
// PostgreSQL does not start, and crashes, where its log finds no room for a segment more; what is left is compared with one of
// the usual size. Nothing is decided by it: a server that runs goes on with reads, and with what makes room; one that crashes
// or does not start is counted as any other. It names the reason.
//
// When it cannot know (the disk does not answer, or cannot be looked at): what was known last stays. Loop thread only; the loop
// must outlive it. After destruction, which may happen in the callback, it does not run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/loop/blocking_task.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::agent {

struct DiskSpace {
  std::string folder;
  std::uint64_t device = 0;
  std::uint64_t free = 0;  // bytes, for who is not root

  bool operator==(const DiskSpace&) const = default;
};

// Of the data directory, and of its pg_wal, where they can be looked at. Blocks.
[[nodiscard]] std::vector<DiskSpace> disk_space(const std::string& data_dir);

// A sentence for people, each disk once: "the disk of /data/pg_wal is full: 12 kB are left"; empty: none is.
[[nodiscard]] std::string full_disk_words(const std::vector<DiskSpace>& disks);

class SpaceWatch {
 public:
  static constexpr std::uint64_t least = std::uint64_t{16} << 20;
  static constexpr Duration look_every = 2s;

  // `on_change`: problem() is another one, or there is none any more.
  SpaceWatch(loop::Loop& loop, std::function<void()> on_change);

  // From now on.
  void use(const std::string& data_dir);
  // full_disk_words() of the last look that said something, as it was when the disk became full; empty: none is full.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void look();
  void take(const std::vector<DiskSpace>& disks);

  loop::Loop& loop_;
  const std::function<void()> on_change_;
  std::string data_dir_;
  std::string problem_;
  loop::Timer timer_;
  std::unique_ptr<loop::BlockingTask> task_;
};

}  // namespace tamada::agent
