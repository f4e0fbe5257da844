#include "router/shell/event_log.h"

#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <future>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "common/loop/clock.h"
#include "common/loop/start_thread.h"
#include "router/shell/log_joiner.h"
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
  Impl(const LogConfig& config, int fd, Duration join_window)
      : joiner_(join_window),
        sink_(std::make_shared<LogSink>(fd, config.format)),
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
    stop_telling();
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

  void write_joined(LogLevel level, std::string_view event, const JoinBy& by,
                    std::initializer_list<LogField> fields) {
    const TimePoint now = loop::boot_now();
    bool admitted = false;
    std::vector<LogJoiner::Joined> due;
    {
      const std::lock_guard lock(join_mutex_);
      due = joiner_.take_due(now);
      admitted = joiner_.admit(level, event, by, now);
      if (!admitted) tell_later();
    }
    tell(due);
    if (admitted) write(level, event, fields);
  }

 private:
  void tell(const std::vector<LogJoiner::Joined>& all) {
    for (const LogJoiner::Joined& one : all) {
      const bool many = one.addresses >= LogJoiner::addresses_max;
      const std::string why =
          fmt::format("{} more {} lines like those before, from {}{} address{}", one.more, one.event,
                      one.addresses, many ? " or more" : "", one.addresses == 1 ? "" : "es");
      write(one.level, "log.joined",
            {{"of", std::string_view(one.event)},
             {"about", one.about.empty() ? std::string_view("-") : std::string_view(one.about)},
             {"more", one.more},
             {"addresses", std::uint64_t{one.addresses}},
             {"for_ms", std::int64_t{to_ms(one.lasted)}},
             {"why", std::string_view(why)}});
    }
  }

  // With join_mutex_ held: something is counted, and somebody must say so in time, also if no further line
  // comes. Without a thread (there is none to be had) the next line of any kind says it, or the end.
  void tell_later() {
    if (waits_for_ && *waits_for_ <= joiner_.next_due()) return;
    if (teller_.joinable()) return join_changed_.notify_one();
    try {
      teller_ = loop::start_thread("log-later", [this] { tell_in_time(); });
    } catch (const std::system_error&) {
    }
  }

  void tell_in_time() {
    std::unique_lock lock(join_mutex_);
    while (!closing_) {
      const std::optional<TimePoint> next = joiner_.next_due();
      waits_for_ = next;
      if (!next) {
        join_changed_.wait(lock);
        continue;
      }
      const TimePoint now = loop::boot_now();
      if (now < *next) {
        join_changed_.wait_for(lock, *next - now);
        continue;
      }
      const std::vector<LogJoiner::Joined> due = joiner_.take_due(now);
      lock.unlock();
      tell(due);
      lock.lock();
    }
  }

  void stop_telling() {
    {
      const std::lock_guard lock(join_mutex_);
      closing_ = true;
    }
    join_changed_.notify_all();
    if (teller_.joinable()) teller_.join();
    tell(joiner_.take_all(loop::boot_now()));
  }

  std::mutex join_mutex_;
  std::condition_variable join_changed_;
  // protected by join_mutex_
  LogJoiner joiner_;
  std::optional<TimePoint> waits_for_;  // what the thread waits for; none: for anything to be counted
  bool closing_ = false;
  std::thread teller_;             // started when there is first something to tell later
  std::shared_ptr<LogSink> sink_;  // spdlog wants shared owners: the queue's messages hold the logger
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

EventLog::EventLog(const LogConfig& config, int fd, Duration join_window)
    : session_lines_(config.sessions), session_starts_(config.session_starts) {
  try {
    impl_ = std::make_unique<Impl>(config, fd, join_window);
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), loop::no_thread("log"));
  }
}
EventLog::~EventLog() = default;

void EventLog::configure(const LogConfig& config) {
  impl_->configure(config);
  session_lines_.store(config.sessions, std::memory_order_relaxed);
  session_starts_.store(config.session_starts, std::memory_order_relaxed);
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

void EventLog::write_joined(LogLevel level, std::string_view event, const JoinBy& by,
                            std::initializer_list<LogField> fields) {
  if (enabled(level)) impl_->write_joined(level, event, by, fields);
}

}  // namespace tamada::router
