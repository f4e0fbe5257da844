// EpollSet: the loop's epoll set. Only FdWatch and Loop use it.
//
// An event carries the descriptor's number and the turn of its slot, so that an event of this batch for a
// watch that was closed by an earlier callback, or whose number was given to another watch since, finds
// nobody.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/loop/clock.h"

namespace tamada::loop {

class FdWatch;

class EpollSet {
 public:
  // `outer`: libuv's descriptor, nested into the set.
  explicit EpollSet(int outer);
  EpollSet(const EpollSet&) = delete;
  EpollSet& operator=(const EpollSet&) = delete;

  void attach(FdWatch& watch);  // takes the slot of watch.fd_
  void detach(FdWatch& watch);
  Result<void> tell_kernel(FdWatch& watch, std::uint32_t events);
  // Out of the kernel's set; the slot stays.
  void remove(FdWatch& watch);
  void wake(FdWatch& watch);
  [[nodiscard]] bool has_woken() const { return !woken_.empty(); }

  // Sleeps at most `timeout_ms` (-1: for ever) and keeps what happened for dispatch().
  void wait(int timeout_ms);
  // Calls the listeners. True if libuv has something to do.
  bool dispatch();
  // Loop::set_turn_limit().
  void set_limit(TimePoint at) { limit_ = at; }
  [[nodiscard]] bool is_past_limit() const { return limit_ != TimePoint::max() && boot_now() >= limit_; }

 private:
  struct Slot {
    FdWatch* watch = nullptr;
    std::uint32_t turn = 0;
  };
  struct Woken {
    int fd;
    std::uint32_t turn;
  };
  [[nodiscard]] FdWatch* find(int fd, std::uint32_t turn) const;

  UniqueFd epoll_;
  std::vector<Slot> slots_;  // by descriptor
  std::vector<Woken> woken_;
  std::vector<Woken> waking_;  // its capacity is kept from turn to turn
  std::array<epoll_event, 256> events_{};
  int ready_ = 0;
  TimePoint limit_ = TimePoint::max();
};

}  // namespace tamada::loop
