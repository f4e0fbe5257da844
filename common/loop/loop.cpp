#include "common/loop/loop.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <system_error>

#include "common/loop/epoll_set.h"
#include "common/loop/splice_pipe.h"

namespace tamada::loop {

namespace {

constexpr std::array<const char*, handle_kinds> kind_names = {
    "Timer", "TcpStream", "TcpListener", "LingeringSocket", "SignalWatcher", "FileWatch"};

std::size_t index_of(HandleKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

// What has been posted and not yet run. Outlives the loop for as long as there are posters of it.
struct LoopPoster::Mailbox {
  std::mutex mutex;  // guards all below
  std::vector<Task> posted;
  uv_async_t* signal = nullptr;  // wakes the loop; null once it is closed
};

struct Loop::Internals {
  uv_loop_t uv{};
  uv_async_t posted_signal{};
  std::unique_ptr<EpollSet> epoll_set;
  PipeStock pipes;
  std::unique_ptr<std::byte[]> buffer;  // not touched, so not resident, until something is read
  std::size_t buffer_size = 0;
  std::function<void()> turn_hook;
  std::array<std::size_t, handle_kinds> open{};
  std::vector<std::unique_ptr<LoopOwned>> owned;
  std::vector<std::unique_ptr<LoopOwned>> disowned;
  std::vector<Task> deferred;
  std::vector<Task> deferred_running;
  std::vector<Task> posted_running;
  bool stopping = false;

  const std::shared_ptr<LoopPoster::Mailbox> mailbox = std::make_shared<LoopPoster::Mailbox>();
};

Loop::Loop(std::size_t read_buffer_size) : in_(std::make_unique<Internals>()) {
  const int code = uv_loop_init(&in_->uv);
  if (code != 0) throw std::system_error(-code, std::generic_category(), "cannot make an event loop");
  in_->uv.data = this;
  in_->epoll_set = std::make_unique<EpollSet>(uv_backend_fd(&in_->uv));
  in_->buffer.reset(new std::byte[read_buffer_size]);
  in_->buffer_size = read_buffer_size;
  in_->posted_signal.data = this;
  const auto on_posted = [](uv_async_t* handle) noexcept { static_cast<Loop*>(handle->data)->run_posted(); };
  const int made = uv_async_init(&in_->uv, &in_->posted_signal, on_posted);
  if (made != 0) throw std::system_error(-made, std::generic_category(), "cannot make an event loop");
  in_->mailbox->signal = &in_->posted_signal;
}

Loop::~Loop() {
  if (in_ == nullptr) return;
  const std::string left = close();
  assert(left.empty() && "a handle outlives its loop");
}

void Loop::run() {
  while (!in_->stopping) turn(true);
  in_->stopping = false;
}

void Loop::stop() {
  in_->stopping = true;
}

void Loop::run_once(Wait wait) {
  turn(wait == Wait::once);
}

void Loop::turn(bool may_sleep) {
  Internals& in = *in_;
  uv_update_time(&in.uv);
  // uv_backend_timeout() is 0 as well when libuv has handles to reap or descriptors to tell the kernel of.
  const bool work_waits = !in.deferred.empty() || in.epoll_set->has_woken() || in.stopping;
  in.epoll_set->wait(may_sleep && !work_waits ? uv_backend_timeout(&in.uv) : 0);
  if (in.turn_hook) in.turn_hook();

  const bool uv_is_ready = in.epoll_set->dispatch();
  uv_update_time(&in.uv);
  // Most turns of a busy relay have nothing for libuv, and save its system call.
  if (uv_is_ready || uv_backend_timeout(&in.uv) == 0) uv_run(&in.uv, UV_RUN_NOWAIT);
  run_deferred();
}

bool LoopPoster::post(Task task) const {
  const std::lock_guard lock(mailbox_->mutex);
  if (mailbox_->signal == nullptr) return false;
  const bool was_empty = mailbox_->posted.empty();
  mailbox_->posted.push_back(std::move(task));
  // Under the lock: so close() cannot come in between.
  if (was_empty) uv_async_send(mailbox_->signal);
  return true;
}

void Loop::post(Task task) {
  bool was_empty = false;
  {
    const std::lock_guard lock(in_->mailbox->mutex);
    was_empty = in_->mailbox->posted.empty();
    in_->mailbox->posted.push_back(std::move(task));
  }
  // Outside the lock: the loop's thread must not wake only to wait for it. The caller keeps the loop alive.
  if (was_empty) uv_async_send(&in_->posted_signal);
}

LoopPoster Loop::poster() const {
  return LoopPoster(in_->mailbox);
}

void Loop::run_posted() {
  {
    const std::lock_guard lock(in_->mailbox->mutex);
    in_->posted_running.swap(in_->mailbox->posted);
  }
  for (Task& task : in_->posted_running) task();
  in_->posted_running.clear();
}

void Loop::defer(Task task) {
  in_->deferred.push_back(std::move(task));
}

void Loop::run_deferred() {
  if (!in_->deferred.empty()) {
    in_->deferred_running.swap(in_->deferred);
    for (Task& task : in_->deferred_running) task();
    in_->deferred_running.clear();
  }
  if (!in_->disowned.empty()) std::exchange(in_->disowned, {}).clear();
}

void Loop::set_turn_hook(std::function<void()> hook) {
  in_->turn_hook = std::move(hook);
}

void Loop::set_turn_limit(TimePoint at) {
  in_->epoll_set->set_limit(at);
}

std::span<std::byte> Loop::read_buffer() {
  return {in_->buffer.get(), in_->buffer_size};
}

std::vector<OpenHandles> Loop::open_handles() const {
  std::vector<OpenHandles> result;
  for (std::size_t i = 0; i < handle_kinds; ++i) {
    if (in_->open[i] != 0) result.push_back({kind_names[i], in_->open[i]});
  }
  return result;
}

std::size_t Loop::open_handle_count(HandleKind kind) const {
  return in_->open[index_of(kind)];
}

std::string Loop::close() {
  // What has not run may own handles of this loop; destroying one may leave further work.
  in_->turn_hook = nullptr;
  in_->disowned.clear();
  for (bool more = true; more;) {
    const std::vector<std::unique_ptr<LoopOwned>> owned = std::exchange(in_->owned, {});
    std::vector<Task> posted;
    std::vector<Task> deferred = std::exchange(in_->deferred, {});
    {
      const std::lock_guard lock(in_->mailbox->mutex);
      posted.swap(in_->mailbox->posted);
      more = !posted.empty() || !deferred.empty() || !owned.empty();
      if (!more) in_->mailbox->signal = nullptr;
    }
  }

  std::string left;
  for (const OpenHandles& open : open_handles()) {
    left += fmt::format("{}{} {}", left.empty() ? "" : ", ", open.count, open.kind);
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&in_->posted_signal), nullptr);
  uv_run(&in_->uv, UV_RUN_NOWAIT);  // close callbacks
  const int code = uv_loop_close(&in_->uv);
  if (code != 0 && left.empty()) left = "a libuv handle";
  if (code != 0) {
    static_cast<void>(in_.release());
  } else {
    in_.reset();
  }
  return left;
}

uv_loop_s* Loop::uv() {
  return &in_->uv;
}

PipeStock& Loop::pipes() {
  return in_->pipes;
}

EpollSet& Loop::epoll_set() {
  return *in_->epoll_set;
}

void Loop::count(HandleKind kind, int change) {
  in_->open[index_of(kind)] += static_cast<std::size_t>(change);
}

void Loop::own(std::unique_ptr<LoopOwned> owned) {
  in_->owned.push_back(std::move(owned));
}

void Loop::disown(LoopOwned* owned) {
  const auto found = std::find_if(in_->owned.begin(), in_->owned.end(),
                                  [owned](const auto& one) { return one.get() == owned; });
  assert(found != in_->owned.end());
  in_->disowned.push_back(std::move(*found));
  std::swap(*found, in_->owned.back());
  in_->owned.pop_back();
}

}  // namespace tamada::loop
