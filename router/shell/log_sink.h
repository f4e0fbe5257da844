// LogSink: the end of the log where lines become bytes on a file descriptor. Lives on spdlog's writer thread.
//
// Writes lines in batches while more are waiting, and everything as soon as nothing waits. When nobody reads
// the descriptor it waits, so that the queue before it fills and overruns; how many lines that cost is
// written before the next line. A descriptor that fails (closed pipe, full disk) costs the lines and is tried
// again with the next one.
#pragma once

#include <spdlog/async.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "router/config/router_config.h"

namespace tamada::router {

class LogSink final : public spdlog::sinks::sink {
 public:
  // `fd` stays open, and the caller's, for as long as the sink lives.
  LogSink(int fd, LogFormat format);

  // Before the first line. The pool must live as long as lines come.
  void watch(spdlog::details::thread_pool* pool) { pool_ = pool; }

  // Any thread.
  [[nodiscard]] LogFormat format() const { return format_.load(std::memory_order_relaxed); }
  void set_format(LogFormat format) { format_.store(format, std::memory_order_relaxed); }
  // Lines that could not be written, in all; the queue's overruns are not among them.
  [[nodiscard]] std::size_t lost() const { return lost_.load(std::memory_order_relaxed); }
  // From `when` on, lines that cannot be written at once are given up.
  void give_up_at(std::chrono::steady_clock::time_point when) { give_up_at_.store(when); }

  // The writer thread only.
  void log(const spdlog::details::log_msg& message) override;
  void flush() override;
  void set_pattern(const std::string& /*pattern*/) override {}  // lines come complete
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  void report_dropped();
  [[nodiscard]] bool wait_until_writable() const;

  const int fd_;
  spdlog::details::thread_pool* pool_ = nullptr;
  std::atomic<LogFormat> format_;
  std::atomic<std::chrono::steady_clock::time_point> give_up_at_{
      std::chrono::steady_clock::time_point::max()};
  std::string waiting_;               // whole lines, not written yet
  std::atomic<std::size_t> lost_{0};  // lines that could not be written
  std::size_t lost_told_ = 0;         // of these, reported
  std::size_t overruns_told_ = 0;     // of the queue's counter
};

}  // namespace tamada::router
