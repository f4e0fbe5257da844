// FdWatch: tells when a descriptor can be read or written. The descriptor belongs to someone
// else, who closes it after close() (or destruction) of the watch.
//
// After close()/destruction returns, no callback of this object runs again. Both may be called from inside
// the callback. Loop thread only; the Loop must outlive it. Owns no heap memory.
//
// Why not uv_tcp_t or uv_poll_t: measured with libuv 1.44.2. Relaying messages of 100 bytes costs the same
// with all three, 6 to 7 us of CPU a message and three system calls: sleep, recv, send. Beyond that:
//                                                      uv_tcp_t   uv_poll_t   FdWatch
//   system calls to watch and close a socket                  4           7         3
//   to pause reading, await writing, read again               4           4         2
//   bytes of heap a stream, malloc's share included         256         176         0 (TcpStream itself: 136)
// (A pause that ends before the next bytes come costs FdWatch nothing.) And a uv_poll_t stops by itself at an
// error without saying which, and knows no EPOLLEXCLUSIVE.
#pragma once

#include <sys/epoll.h>

#include <cstdint>

#include "common/base/result.h"
#include "common/loop/loop.h"

namespace tamada::loop {

class FdCallbacks {
 public:
  // `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR as the kernel says; 0 after wake(). EPOLLHUP
  // and EPOLLERR come unasked; who cannot act on them calls FdWatch::close() or mute(), or is called each
  // turn.
  virtual void on_ready(std::uint32_t events) noexcept = 0;

 protected:
  ~FdCallbacks() = default;
};

class FdWatch {
 public:
  // `exclusive`: of several loops watching one listening socket, the kernel wakes one and not all.
  FdWatch(Loop& loop, FdCallbacks& callbacks, bool exclusive = false);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // Costs no system call; the kernel hears of the descriptor with the first want().
  void open(int fd);
  void close();
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] Loop& loop() const { return loop_; }

  // Level-triggered: reported every turn as long as it is so. `read` also reports the peer's FIN. Fails only
  // when the kernel cannot watch (out of memory, max_user_watches): treat as a broken socket.
  Result<void> want(bool read, bool write);
  // No event at all until the next want(), not even EPOLLHUP.
  void mute();
  // on_ready(0) in the next turn, once.
  void wake();

 private:
  friend class EpollSet;
  Loop& loop_;
  FdCallbacks& callbacks_;
  int fd_ = -1;
  std::uint32_t registered_ = 0;  // what the kernel was told; 0: not in the set unless `in_set_`
  std::uint32_t wanted_ = 0;
  bool in_set_ = false;
  const bool exclusive_;
};

}  // namespace tamada::loop
