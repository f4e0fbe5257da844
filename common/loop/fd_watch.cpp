#include "common/loop/fd_watch.h"

#include <cassert>

#include "common/loop/epoll_set.h"

namespace tamada::loop {

FdWatch::FdWatch(Loop& loop, FdCallbacks& callbacks, bool exclusive)
    : loop_(loop), callbacks_(callbacks), exclusive_(exclusive) {}

FdWatch::~FdWatch() {
  close();
}

void FdWatch::open(int fd) {
  assert(fd >= 0 && fd_ < 0);
  fd_ = fd;
  wanted_ = 0;
  loop_.epoll_set().attach(*this);
}

void FdWatch::close() {
  if (fd_ < 0) return;
  loop_.epoll_set().remove(*this);
  loop_.epoll_set().detach(*this);
  fd_ = -1;
}

Result<void> FdWatch::want(bool read, bool write) {
  assert(fd_ >= 0);
  // The kernel refuses EPOLLRDHUP together with EPOLLEXCLUSIVE.
  const std::uint32_t reading = exclusive_ ? EPOLLIN : EPOLLIN | EPOLLRDHUP;
  wanted_ = (read ? reading : 0U) | (write ? EPOLLOUT : 0U);
  if (!in_set_) {
    if (wanted_ == 0) return {};
    return loop_.epoll_set().tell_kernel(*this, wanted_);
  }
  // New wishes are told at once; so is "no more EPOLLOUT", which would come in the very next turn. "No more
  // EPOLLIN" is told when it has come in vain (EpollSet::dispatch).
  const bool new_wish = (wanted_ & ~registered_) != 0;
  const bool writable_in_vain = (registered_ & ~wanted_ & EPOLLOUT) != 0;
  if (new_wish || writable_in_vain) return loop_.epoll_set().tell_kernel(*this, wanted_);
  return {};
}

void FdWatch::mute() {
  wanted_ = 0;
  if (fd_ >= 0) loop_.epoll_set().remove(*this);
}

void FdWatch::wake() {
  assert(fd_ >= 0);
  loop_.epoll_set().wake(*this);
}

}  // namespace tamada::loop
