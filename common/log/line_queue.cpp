#include "common/log/line_queue.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include <chrono>
#include <csignal>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include "common/log/line_sink.h"
#include "common/loop/start_thread.h"

namespace tamada {

namespace {

constexpr auto exit_limit = std::chrono::seconds(1);

// Signals are the control loop's; and a reader that went away must be an error of write(), not our end.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

class LineQueue::Impl {
 public:
  Impl(std::size_t lines, std::shared_ptr<LineSink> sink)
      : sink_(std::move(sink)),
        pool_(std::make_shared<spdlog::details::thread_pool>(lines, 1, block_signals,
                                                             [end = sink_] { end->flush(); })),
        logger_(std::make_shared<spdlog::async_logger>("tamada", sink_, pool_,
                                                       spdlog::async_overflow_policy::overrun_oldest)) {
    sink_->watch(pool_.get());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // The pool's destructor waits for the writer thread, which may hang in write() where a second process fills
  // the same pipe between our poll() and write(). So another thread waits for it, and we wait only so long.
  ~Impl() {
    sink_->give_up_at(std::chrono::steady_clock::now() + exit_limit);
    logger_.reset();
    std::promise<void> closed;
    auto done = closed.get_future();
    try {
      std::thread closer([pool = std::move(pool_), sink = sink_, closed = std::move(closed)]() mutable {
        pool.reset();
        closed.set_value();
      });
      if (done.wait_for(exit_limit + std::chrono::milliseconds(500)) == std::future_status::ready) {
        closer.join();
      } else {
        closer.detach();
      }
    } catch (const std::system_error&) {
      pool_.reset();  // no thread to be had: wait without a bound
    }
  }

  void write(std::string_view line) {
    logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }
  [[nodiscard]] std::size_t waiting() const { return pool_->queue_size(); }
  [[nodiscard]] std::uint64_t lost() const { return sink_->lost() + pool_->overrun_counter(); }

 private:
  std::shared_ptr<LineSink> sink_;  // spdlog wants shared owners: the queue's messages hold the logger
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

LineQueue::LineQueue(std::size_t lines, std::shared_ptr<LineSink> sink) {
  try {
    impl_ = std::make_unique<Impl>(lines, std::move(sink));
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), loop::no_thread("log"));
  }
}
LineQueue::~LineQueue() = default;

void LineQueue::write(std::string_view line) {
  impl_->write(line);
}
std::size_t LineQueue::waiting() const {
  return impl_->waiting();
}
std::uint64_t LineQueue::lost() const {
  return impl_->lost();
}

}  // namespace tamada
