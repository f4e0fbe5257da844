// PlaceSink: the end of the agent's lines, at a place that can be changed while lines come: a descriptor, or a LogFile.
//
// A place that takes nothing is left once another one is set: what it has not taken goes there.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "agent/log/log_file.h"
#include "common/log/line_sink.h"

namespace tamada::agent {

class PlaceSink final : public LineSink {
 public:
  // The words of a warning as a line, without its end. Called on the writer thread.
  using WarningLine = std::function<std::string(const std::string& words)>;

  // `fd` stays open, and the caller's, for as long as the sink lives.
  PlaceSink(int fd, WarningLine warning_line);

  // Any thread. For the lines that are written from now on; none: the descriptor.
  void set_file(std::optional<LogFile> file);

 private:
  [[nodiscard]] std::string lost_line(std::uint64_t lines) override;
  [[nodiscard]] std::string_view write_lines(std::string_view lines) override;
  [[nodiscard]] bool leaves_place() override;
  void take_place();
  // As many whole lines as may be written to the place at a time.
  [[nodiscard]] std::string_view next_piece(std::string_view lines);

  const int fd_;
  const WarningLine warning_line_;

  std::mutex mutex_;
  // protected by mutex_
  std::optional<LogFile> next_file_;
  bool has_next_ = false;

  std::optional<LogFile> file_;  // the writer thread's; none: the descriptor
};

}  // namespace tamada::agent
