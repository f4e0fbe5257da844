#include "common/log/event_log.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "common/log/line_queue.h"
#include "common/log/log_joiner.h"
#include "common/log/log_line.h"
#include "common/log/log_sink.h"
#include "common/loop/clock.h"
#include "common/loop/start_thread.h"

namespace tamada {

namespace {

// Lines that may wait for the writer thread.
constexpr std::size_t queue_lines = 4096;

LogLevel level_of(const std::string& name) {
  constexpr std::array<std::string_view, 5> names{"trace", "debug", "info", "warn", "error"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<LogLevel>(i);
  }
  return LogLevel::info;  // the loader lets no other name through
}

}  // namespace

class EventLog::Impl {
 public:
  Impl(const LogConfig& config, int fd, Duration join_window)
      : joiner_(join_window),
        level_(level_of(config.level)),
        sink_(std::make_shared<LogSink>(fd, config.format)),
        queue_(queue_lines, sink_) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { stop_telling(); }

  void configure(const LogConfig& config) {
    sink_->set_format(config.format);
    level_ = level_of(config.level);
  }

  [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_; }

  [[nodiscard]] std::uint64_t dropped() const { return queue_.lost(); }

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!enabled(level)) return;
    queue_.write(log_line(sink_->format(), std::chrono::system_clock::now(), level, event, fields));
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
  std::thread teller_;  // started when there is first something to tell later
  std::atomic<LogLevel> level_;
  std::shared_ptr<LogSink> sink_;
  LineQueue queue_;
};

EventLog::EventLog(const LogConfig& config, int fd, Duration join_window)
    : impl_(std::make_unique<Impl>(config, fd, join_window)) {}
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

void EventLog::write_joined(LogLevel level, std::string_view event, const JoinBy& by,
                            std::initializer_list<LogField> fields) {
  if (enabled(level)) impl_->write_joined(level, event, by, fields);
}

}  // namespace tamada
