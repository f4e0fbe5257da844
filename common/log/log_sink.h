// LogSink: the end of EventLog's lines on a file descriptor (LineSink).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/log/line_sink.h"
#include "common/log/log_config.h"

namespace tamada {

class LogSink final : public LineSink {
 public:
  // `fd` stays open, and the caller's, for as long as the sink lives.
  LogSink(int fd, LogFormat format) : fd_(fd), format_(format) {}

  // Any thread.
  [[nodiscard]] LogFormat format() const { return format_.load(std::memory_order_relaxed); }
  void set_format(LogFormat format) { format_.store(format, std::memory_order_relaxed); }

 private:
  [[nodiscard]] std::string lost_line(std::uint64_t lines) override;
  [[nodiscard]] std::string_view write_lines(std::string_view lines) override { return write_to(fd_, lines); }

  const int fd_;
  std::atomic<LogFormat> format_;
};

}  // namespace tamada
