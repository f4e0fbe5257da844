// StateLock: holds `state_dir` for one router. Two that write there would overwrite each other's drains.
//
// A lock on the file `lock` in it, which the kernel gives back however the process ends; the file says who
// holds it, and stays. The process that takes another one's place inherits the lock itself, so that there is
// no moment in which nobody has it. Not thread-safe; taking it reads and writes a line.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/base/result.h"
#include "common/loop/unique_fd.h"

namespace tamada::router {

class StateLock {
 public:
  static constexpr const char* file_name = "lock";
  // Under which a process that takes this one's place inherits it.
  static constexpr const char* inherited_name = "tamada-state-lock";

  StateLock() = default;  // of no folder
  // `inherited`: it may be the lock of this folder already. Errors: `unavailable`: another process has it,
  // named in the words; `system`: nothing can be locked there, nor written, and nobody's is overwritten.
  [[nodiscard]] static Result<StateLock> take(const std::string& folder, loop::UniqueFd inherited = {});

  [[nodiscard]] const std::string& folder() const { return folder_; }
  // Without a lock: it could not be taken, or somebody else holds the object that has it.
  void name(const std::string& folder) { folder_ = folder; }
  // -1: none.
  [[nodiscard]] int fd() const { return file_.get(); }
  // Writes down that this process has it; take() did so unless it was inherited.
  void sign() const;
  // Lets go of it, unless another process has inherited it.
  void release() { *this = StateLock(); }

 private:
  std::string folder_;
  loop::UniqueFd file_;
};

}  // namespace tamada::router
