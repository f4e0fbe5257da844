// LogFile: patroni.log in a folder, with its older files patroni.log.1 (the newest of them), patroni.log.2, ...
//
// Blocks as the disk does. One thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/unique_fd.h"

namespace tamada::agent {

class LogFile {
 public:
  struct Plan {
    std::string folder;
    std::uint64_t size = 0;   // bytes of a file; 0: as much as comes
    std::uint32_t older = 0;  // how many are kept; 0: one file is used for ever, as Patroni does
    std::optional<std::uint32_t> mode;
  };

  // Goes on with the file that is there. An error names the file and what was wrong.
  [[nodiscard]] static Result<LogFile> open(Plan plan);

  [[nodiscard]] int fd() const { return file_.get(); }
  // So many bytes are written next: begins a new file where they would pass the limit. An error: the old one goes on, and it
  // is tried again once as many bytes have come.
  Result<void> make_room(std::uint64_t bytes);
  void written(std::uint64_t bytes) { filled_ += bytes; }

 private:
  explicit LogFile(Plan plan) : plan_(std::move(plan)) {}
  [[nodiscard]] std::string path(std::uint32_t number) const;
  Result<void> open_file();
  Result<void> rotate();

  Plan plan_;
  UniqueFd file_;
  std::uint64_t filled_ = 0;
};

}  // namespace tamada::agent
