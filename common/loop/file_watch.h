// FileWatch: "look again": what a path leads to has changed. Sees the file written in place, replaced by
// rename, deleted, created (also when its folder does not exist yet), and any symbolic link on the way
// changed (Kubernetes swaps a `..data` link; a linked file whose target is written or replaced).
//
// inotify watches every folder that the path goes through a link or ends in; a stat() every `recheck` finds
// what inotify does not see (network and FUSE file systems, inotify limits used up). A change is told once
// nothing more has happened for `settle`, at the latest after 10 x `settle`. The file itself is never opened:
// only lstat, stat and readlink are called on the loop's thread.
//
// After destruction returns, the callback does not run again; it may happen inside the callback. Loop thread
// only; the Loop must outlive it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::loop {

class FileWatch final : private FdCallbacks {
 public:
  struct Options {
    Duration settle = 50ms;
    Duration recheck = 5s;
    bool use_inotify = true;  // off: only the slow way, for tests
  };

  // `path` need not exist. The callback comes for changes after construction.
  FileWatch(Loop& loop, std::string path, std::function<void()> on_change);
  FileWatch(Loop& loop, std::string path, std::function<void()> on_change, const Options& options);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // What inotify watches now, for tests and the curious. Empty when it cannot be used.
  [[nodiscard]] std::vector<std::string> watched_folders() const;

 private:
  // What tells one state of the file from another; all zero if it is not there.
  struct Fingerprint {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    long long modified_ns = 0;
    long long changed_ns = 0;
    bool operator==(const Fingerprint&) const = default;
  };

  void on_ready(std::uint32_t events) noexcept override;
  void check();
  void watch_folders();
  [[nodiscard]] Fingerprint look() const;

  Loop& loop_;
  const std::string path_;
  const Options options_;
  std::function<void()> on_change_;
  UniqueFd inotify_;  // none: out of instances, the slow way remains
  FdWatch watch_;
  Timer settle_;
  Timer recheck_;
  Fingerprint seen_;
  std::map<int, std::string> watched_;  // inotify's number of each folder
  TimePoint unsettled_since_{};         // of the first event not yet checked
  bool unsettled_ = false;
};

}  // namespace tamada::loop
