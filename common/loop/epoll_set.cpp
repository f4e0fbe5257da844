#include "common/loop/epoll_set.h"

#include <cassert>
#include <cerrno>
#include <system_error>

#include "common/base/errno_text.h"
#include "common/loop/fd_watch.h"

namespace tamada::loop {

namespace {

constexpr std::uint64_t outer_mark = ~std::uint64_t{0};
constexpr std::uint32_t asked_for = EPOLLIN | EPOLLOUT | EPOLLRDHUP;

std::uint64_t mark_of(int fd, std::uint32_t turn) {
  return (std::uint64_t{turn} << 32) | static_cast<std::uint32_t>(fd);
}

}  // namespace

EpollSet::EpollSet(int outer) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = outer_mark;
  if (!epoll_.is_open() || epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, outer, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make an epoll set");
  }
}

void EpollSet::attach(FdWatch& watch) {
  const auto index = static_cast<std::size_t>(watch.fd_);
  if (slots_.size() <= index) slots_.resize(index + index / 2 + 16);
  assert(slots_[index].watch == nullptr && "two watches of one descriptor");
  slots_[index].watch = &watch;
  ++slots_[index].turn;
}

void EpollSet::detach(FdWatch& watch) {
  slots_[static_cast<std::size_t>(watch.fd_)].watch = nullptr;
}

Result<void> EpollSet::tell_kernel(FdWatch& watch, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = mark_of(watch.fd_, slots_[static_cast<std::size_t>(watch.fd_)].turn);
  int verb = watch.in_set_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (watch.exclusive_) {
    // EPOLLEXCLUSIVE can only be added, never modified.
    if (watch.in_set_) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watch.fd_, &event);
    verb = EPOLL_CTL_ADD;
    event.events |= EPOLLEXCLUSIVE;
  }
  if (epoll_ctl(epoll_.get(), verb, watch.fd_, &event) != 0) {
    const int code = errno;
    watch.in_set_ = false;
    return fail(ErrorKind::system, "cannot watch a descriptor: " + describe_errno(code));
  }
  watch.in_set_ = true;
  watch.registered_ = events;
  return {};
}

void EpollSet::remove(FdWatch& watch) {
  epoll_event unused{};
  if (watch.in_set_) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watch.fd_, &unused);
  watch.in_set_ = false;
  watch.registered_ = 0;
}

void EpollSet::wake(FdWatch& watch) {
  woken_.push_back({watch.fd_, slots_[static_cast<std::size_t>(watch.fd_)].turn});
}

FdWatch* EpollSet::find(int fd, std::uint32_t turn) const {
  const Slot& slot = slots_[static_cast<std::size_t>(fd)];
  return slot.turn == turn ? slot.watch : nullptr;
}

void EpollSet::wait(int timeout_ms) {
  const int ready = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  ready_ = ready < 0 ? 0 : ready;  // EINTR: a signal, which libuv's pipe tells of
}

bool EpollSet::dispatch() {
  bool outer_is_ready = false;
  waking_.swap(woken_);
  const int ready = std::exchange(ready_, 0);
  for (int i = 0; i < ready; ++i) {
    if (is_past_limit()) break;  // level-triggered: the kernel will tell it again
    const epoll_event event = events_[static_cast<std::size_t>(i)];
    if (event.data.u64 == outer_mark) {
      outer_is_ready = true;
      continue;
    }
    const auto fd = static_cast<int>(event.data.u64 & 0xffffffffU);
    FdWatch* watch = find(fd, static_cast<std::uint32_t>(event.data.u64 >> 32));
    if (watch == nullptr || !watch->in_set_) continue;
    // A paused reader is taken out of the kernel's set only now that it would be reported in vain: most
    // pauses end before that, and cost no system call.
    if ((event.events & asked_for & ~watch->wanted_) != 0) {
      if (!tell_kernel(*watch, watch->wanted_)) continue;
    }
    const std::uint32_t told = event.events & (watch->wanted_ | EPOLLHUP | EPOLLERR);
    if (told != 0) watch->callbacks_.on_ready(told);
  }
  for (const Woken& woken : waking_) {
    if (is_past_limit()) {
      woken_.push_back(woken);
      continue;
    }
    FdWatch* watch = find(woken.fd, woken.turn);
    if (watch != nullptr) watch->callbacks_.on_ready(0);
  }
  waking_.clear();
  return outer_is_ready;
}

}  // namespace tamada::loop
