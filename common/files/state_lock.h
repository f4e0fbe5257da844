// StateLock: holds a folder of state for one process. Two that write there would overwrite what the other keeps.
//
// A lock on the file `lock` in it, which the kernel gives back however the process ends; the file says who
// holds it, and stays. The process that takes another one's place inherits the lock itself, so that there is
// no moment in which nobody has it. Not thread-safe; taking it reads and writes a line.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/unique_fd.h"

namespace tamada {

class StateLock {
 public:
  static constexpr const char* file_name = "lock";
  // Under which a process that takes this one's place inherits it.
  static constexpr const char* inherited_name = "tamada-state-lock";

  // How an error names the folder's setting and who uses it: "state_dir: ... is in use by another router".
  struct Names {
    std::string_view setting;
    std::string_view program;
  };

  StateLock() = default;  // of no folder
  // `inherited`: it may be the lock of this folder already. Errors: `unavailable`: another process has it,
  // named in the words; `system`: nothing can be locked there, nor written, and nobody's is overwritten.
  [[nodiscard]] static Result<StateLock> take(const std::string& folder, const Names& names,
                                              UniqueFd inherited = {});

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
  UniqueFd file_;
};

}  // namespace tamada
