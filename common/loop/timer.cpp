#include "common/loop/timer.h"

#include <algorithm>
#include <cassert>

#include "common/loop/uv_handle.h"

namespace tamada::loop {

struct Timer::Block {
  uv_timer_t handle{};
  Timer* owner = nullptr;
  std::function<void()> callback;
};

namespace {

std::uint64_t whole_ms(Duration span) {
  return static_cast<std::uint64_t>(
      std::max<long long>(0, std::chrono::ceil<std::chrono::milliseconds>(span).count()));
}

}  // namespace

Timer::Timer(Loop& loop, std::function<void()> callback) : loop_(loop), block_(new Block) {
  uv_timer_init(loop.uv(), &block_->handle);  // cannot fail
  block_->handle.data = block_;
  block_->owner = this;
  block_->callback = std::move(callback);
  loop_.count(HandleKind::timer, 1);
}

Timer::~Timer() {
  const UvPtr<Block> closes_it(block_);
  loop_.count(HandleKind::timer, -1);
}

void Timer::start(Duration after) {
  // libuv counts from the start of the turn, in whole milliseconds rounded down: one more is never early. It
  // also keeps a callback that starts itself again from running twice in one turn.
  uv_update_time(loop_.uv());
  const auto fire = [](uv_timer_t* handle) noexcept {
    auto* block = static_cast<Block*>(handle->data);
    if (block->owner != nullptr) block->callback();
  };
  uv_timer_start(&block_->handle, fire, whole_ms(after) + 1, 0);
}

void Timer::start_repeating(Duration every) {
  uv_update_time(loop_.uv());
  const auto fire = [](uv_timer_t* handle) noexcept {
    auto* block = static_cast<Block*>(handle->data);
    if (block->owner != nullptr) block->callback();
  };
  const std::uint64_t ms = std::max<std::uint64_t>(1, whole_ms(every));
  uv_timer_start(&block_->handle, fire, ms, ms);
}

void Timer::stop() {
  uv_timer_stop(&block_->handle);
}

bool Timer::is_active() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&block_->handle)) != 0;
}

}  // namespace tamada::loop
