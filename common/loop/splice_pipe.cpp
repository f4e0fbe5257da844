#include "common/loop/splice_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace tamada::loop {

namespace {

// Below this, copying is as quick and needs no pipe.
constexpr int least_capacity = 256 * 1024;

}  // namespace

std::unique_ptr<SplicePipe> SplicePipe::make() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return nullptr;
  UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  for (int capacity = wanted_capacity; capacity >= least_capacity; capacity /= 2) {
    if (fcntl(in.get(), F_SETPIPE_SZ, capacity) >= capacity) {
      return std::unique_ptr<SplicePipe>(new SplicePipe(std::move(out), std::move(in)));
    }
  }
  return nullptr;
}

ssize_t SplicePipe::fill_from(int socket) {
  ssize_t n = 0;
  do {
    n = splice(socket, nullptr, in_.get(), nullptr, wanted_capacity, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (n < 0 && errno == EINTR);
  if (n > 0) size_ += static_cast<std::size_t>(n);
  return n;
}

ssize_t SplicePipe::empty_into(int socket) {
  ssize_t n = 0;
  do {
    n = splice(out_.get(), nullptr, socket, nullptr, size_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (n < 0 && errno == EINTR);
  if (n > 0) size_ -= static_cast<std::size_t>(n);
  return n;
}

void SplicePipe::read_into(std::vector<std::byte>& bytes) {
  const std::size_t before = bytes.size();
  bytes.resize(before + size_);
  std::size_t got = before;
  while (got < bytes.size()) {
    const ssize_t n = read(out_.get(), bytes.data() + got, bytes.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  size_ = 0;
}

std::unique_ptr<SplicePipe> PipeStock::take() {
  if (out_ >= most) return nullptr;
  std::unique_ptr<SplicePipe> pipe = spare_ != nullptr ? std::move(spare_) : SplicePipe::make();
  if (pipe != nullptr) ++out_;
  return pipe;
}

void PipeStock::give_back(std::unique_ptr<SplicePipe> pipe) {
  if (pipe == nullptr) return;
  --out_;
  if (pipe->size() == 0) spare_ = std::move(pipe);
}

}  // namespace tamada::loop
