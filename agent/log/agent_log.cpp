#include "agent/log/agent_log.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <mutex>
#include <utility>

#include "agent/log/line_format.h"
#include "agent/log/place_sink.h"
#include "common/log/line_queue.h"

namespace tamada::agent {

namespace {

// What the settings say of a line, of one moment.
struct Rules {
  explicit Rules(const LogSettings& settings)
      : format(settings),
        level(severity_of(settings.level).value_or(Severity::info)),
        most_waiting(std::min<std::size_t>(settings.max_queue_size, AgentLog::most_waiting)),
        without_repetition(settings.deduplicate_heartbeat_logs) {}

  [[nodiscard]] std::string line(Severity severity, std::string_view words) const {
    using std::chrono::milliseconds;
    static const auto began = std::chrono::system_clock::now();
    const auto now = std::chrono::system_clock::now();
    LogRecord record;
    record.unix_ms = std::chrono::floor<milliseconds>(now.time_since_epoch()).count();
    record.up_ms = std::chrono::floor<milliseconds>(now - began).count();
    const auto seconds = static_cast<std::time_t>(record.unix_ms / 1000);
    ::localtime_r(&seconds, &record.local);
    record.severity = severity;
    record.words = words;
    record.process = ::getpid();
    return format.line(record);
  }

  const LineFormat format;
  const Severity level;
  const std::size_t most_waiting;
  const bool without_repetition;
};

// The newest rules. The writer thread has it as well, and may outlive the log where its place hangs.
class NewestRules {
 public:
  [[nodiscard]] std::shared_ptr<const Rules> get() {
    const std::lock_guard lock(mutex_);
    return rules_;
  }
  void set(std::shared_ptr<const Rules> rules) {
    const std::lock_guard lock(mutex_);
    rules_.swap(rules);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const Rules> rules_ = std::make_shared<const Rules>(LogSettings());
};

}  // namespace

class AgentLog::Impl {
 public:
  explicit Impl(int fd)
      : rules_(std::make_shared<NewestRules>()),
        sink_(std::make_shared<PlaceSink>(fd,
                                          [rules = rules_](const std::string& words) {
                                            return rules->get()->line(Severity::warning, words);
                                          })),
        queue_(AgentLog::most_waiting, sink_) {
    ::tzset();  // localtime_r() need not
  }

  Result<void> configure(const LogSettings& settings) {
    rules_->set(std::make_shared<const Rules>(settings));
    if (settings.dir.empty()) {
      sink_->set_file(std::nullopt);
      return {};
    }
    auto file = LogFile::open({settings.dir, settings.file_size, settings.file_num, settings.mode});
    if (!file) return tl::make_unexpected(file.error());
    sink_->set_file(*std::move(file));
    return {};
  }

  void write(Severity severity, std::string_view words) {
    const std::shared_ptr<const Rules> rules = rules_->get();
    if (severity < rules->level) return;
    if (queue_.waiting() >= rules->most_waiting) return sink_->add_lost(1);
    queue_.write(rules->line(severity, words));
  }

  void heartbeat(std::string_view words) {
    {
      const std::lock_guard lock(heartbeat_mutex_);
      const bool is_new = std::exchange(last_heartbeat_, words) != words;
      if (!is_new && rules_->get()->without_repetition) return;
    }
    write(Severity::info, words);
  }

  [[nodiscard]] std::uint64_t waiting() const { return queue_.waiting(); }
  [[nodiscard]] std::uint64_t lost() const { return queue_.lost(); }

 private:
  const std::shared_ptr<NewestRules> rules_;
  std::mutex heartbeat_mutex_;
  std::string last_heartbeat_;  // protected by heartbeat_mutex_
  std::shared_ptr<PlaceSink> sink_;
  LineQueue queue_;
};

AgentLog::AgentLog(int fd) : impl_(std::make_unique<Impl>(fd)) {}
AgentLog::~AgentLog() = default;

Result<void> AgentLog::configure(const LogSettings& settings) {
  return impl_->configure(settings);
}
void AgentLog::write(Severity severity, std::string_view words) {
  impl_->write(severity, words);
}
void AgentLog::heartbeat(std::string_view words) {
  impl_->heartbeat(words);
}
std::uint64_t AgentLog::waiting() const {
  return impl_->waiting();
}
std::uint64_t AgentLog::lost() const {
  return impl_->lost();
}

}  // namespace tamada::agent
