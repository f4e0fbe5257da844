// SplicePipe: carries bytes from one socket to another inside the kernel, without copying them to the program
// and back (splice(2)). Holds what the second socket did not take yet. One owner; any one thread at a time.
//
// PipeStock keeps the few pipes of a loop: one that is empty again goes back at once, so that an idle
// connection owns none, however many gigabytes it moved before. Bounded, since a pipe costs two descriptors
// and unprivileged users may only have so many large ones (pipe(7), pipe-user-pages-soft).
//
// splice(2) knows no MSG_NOSIGNAL: the program must ignore SIGPIPE (ignore_sigpipe()).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "common/base/unique_fd.h"

namespace tamada::loop {

class SplicePipe {
 public:
  // What a pipe should hold: large enough that a bulk stream needs few turns. The kernel may give less.
  static constexpr int wanted_capacity = 1 << 20;

  // Null when the system has no descriptors, or gives only a pipe that is not worth having.
  static std::unique_ptr<SplicePipe> make();

  // Moves what fits from `socket` into the pipe, or from the pipe into `socket`. Never waits. Answers like
  // recv(2) and send(2): -1 with errno (EAGAIN: nothing to move now), 0 at the end of the stream.
  ssize_t fill_from(int socket);
  ssize_t empty_into(int socket);

  [[nodiscard]] std::size_t size() const { return size_; }
  // Everything in the pipe, appended; the pipe is empty afterwards.
  void read_into(std::vector<std::byte>& bytes);

 private:
  SplicePipe(UniqueFd out, UniqueFd in) : out_(std::move(out)), in_(std::move(in)) {}
  UniqueFd out_;
  UniqueFd in_;
  std::size_t size_ = 0;
};

class PipeStock {
 public:
  static constexpr std::size_t most = 16;

  // Null when all are out (or none can be made): move the bytes by reading and writing.
  std::unique_ptr<SplicePipe> take();
  // An empty one is kept for the next, one with bytes in it is thrown away. Null is allowed.
  void give_back(std::unique_ptr<SplicePipe> pipe);

 private:
  std::unique_ptr<SplicePipe> spare_;
  std::size_t out_ = 0;
};

}  // namespace tamada::loop
