// LockFile: the LockRecord on the disk, outside of the data directory (a base backup would copy what lies inside).
//
// Written on the side thread, durably (beside, fsync, rename, fsync of the folder), one after the other; of records that come
// while one is being written only the newest is. Loop thread only; the side thread must outlive it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/cluster/lock_record.h"
#include "common/loop/lifetime.h"
#include "common/loop/side_thread.h"

namespace tamada::agent {

class LockFile {
 public:
  LockFile(loop::SideThread& side, std::string path) : side_(side), path_(std::move(path)) {}
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  // At start: an empty record where there is no file. An Error: it cannot be read, or is damaged; nothing is known of an
  // earlier lock then. Blocks.
  [[nodiscard]] Result<LockRecord> read() const;
  // `done` runs on the loop once this record, or a newer one, is on the disk, or could not be written. Before it has run
  // well, a crash would make this node's lock a stranger's to itself.
  void write(const LockRecord& record, std::function<void(const Result<void>&)> done);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Waiting {
    LockRecord record;
    std::vector<std::function<void(const Result<void>&)>> done;
  };
  void begin(Waiting waiting);

  loop::SideThread& side_;
  const std::string path_;
  bool is_writing_ = false;
  std::optional<Waiting> next_;
  loop::WeakHandles<LockFile> handles_{*this};
};

}  // namespace tamada::agent
