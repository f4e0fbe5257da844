#include "common/loop/signal_watcher.h"

#include <cassert>
#include <csignal>

#include "common/loop/uv_handle.h"

namespace tamada::loop {

struct SignalWatcher::Block {
  uv_signal_t handle{};
  SignalWatcher* owner = nullptr;
  std::function<void()> callback;
};

SignalWatcher::SignalWatcher(Loop& loop, int signal_number, std::function<void()> callback)
    : loop_(loop), block_(new Block) {
  [[maybe_unused]] const int made = uv_signal_init(loop.uv(), &block_->handle);
  assert(made == 0);
  block_->handle.data = block_;
  block_->owner = this;
  block_->callback = std::move(callback);
  const auto on_signal = [](uv_signal_t* handle, int) noexcept {
    auto* block = static_cast<Block*>(handle->data);
    if (block->owner != nullptr) block->callback();
  };
  [[maybe_unused]] const int started = uv_signal_start(&block_->handle, on_signal, signal_number);
  assert(started == 0);
  loop_.count(HandleKind::signal_watcher, 1);
}

SignalWatcher::~SignalWatcher() {
  const UvPtr<Block> closes_it(block_);
  loop_.count(HandleKind::signal_watcher, -1);
}

void ignore_sigpipe() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

}  // namespace tamada::loop
