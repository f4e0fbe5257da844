#include "router/shell/event_log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include <array>
#include <csignal>
#include <future>
#include <system_error>
#include <thread>

#include "router/shell/log_line.h"
#include "router/shell/log_sink.h"

namespace tamada::router {

namespace {

// Lines that may wait for the writer thread. spdlog allots them at once, about 400 bytes each.
constexpr std::size_t queue_lines = 4096;
constexpr auto exit_limit = std::chrono::seconds(1);

constexpr std::array<spdlog::level::level_enum, 5> spdlog_levels{
    spdlog::level::trace, spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  return spdlog_levels[static_cast<std::size_t>(level)];
}

spdlog::level::level_enum to_spdlog(const std::string& name) {
  constexpr std::array<std::string_view, 5> names{"trace", "debug", "info", "warn", "error"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return spdlog_levels[i];
  }
  return spdlog::level::info;  // the loader lets no other name through
}

// Signals are the control loop's; and a reader that went away must be an error of write(), not our end.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

class EventLog::Impl {
 public:
  Impl(const LogConfig& config, int fd)
      : sink_(std::make_shared<LogSink>(fd, config.format)),
        pool_(std::make_shared<spdlog::details::thread_pool>(queue_lines, 1, block_signals,
                                                             [sink = sink_] { sink->flush(); })),
        logger_(std::make_shared<spdlog::async_logger>("tamada", sink_, pool_,
                                                       spdlog::async_overflow_policy::overrun_oldest)) {
    sink_->watch(pool_.get());
    logger_->set_level(to_spdlog(config.level));
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

  void configure(const LogConfig& config) {
    sink_->set_format(config.format);
    logger_->set_level(to_spdlog(config.level));
  }

  [[nodiscard]] bool enabled(LogLevel level) const { return logger_->should_log(to_spdlog(level)); }

  [[nodiscard]] std::uint64_t dropped() const { return sink_->lost() + pool_->overrun_counter(); }

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    const std::string line =
        log_line(sink_->format(), std::chrono::system_clock::now(), level, event, fields);
    logger_->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  std::shared_ptr<LogSink> sink_;  // spdlog wants shared owners: the queue's messages hold the logger
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

EventLog::EventLog(const LogConfig& config, int fd) : impl_(std::make_unique<Impl>(config, fd)) {}
EventLog::~EventLog() = default;

void EventLog::configure(const LogConfig& config) {
  impl_->configure(config);
}
bool EventLog::enabled(LogLevel level) const {
  return impl_->enabled(level);
}

std::uint64_t EventLog::dropped() const {
  return impl_->dropped();
}

void EventLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (enabled(level)) impl_->write(level, event, fields);
}

}  // namespace tamada::router
