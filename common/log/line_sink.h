// LineSink: the end of a log where whole lines become bytes at a place. Lives on the writer thread of a LineQueue.
//
// Writes lines in batches while more are waiting, and everything as soon as nothing waits. When nobody reads the place it
// waits, so that the queue before it fills and lines are lost; how many that cost is written before the next line. A place
// that fails (closed pipe, full disk) costs the lines and is tried again with the next one.
#pragma once

#include <spdlog/async.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tamada {

class LineSink : public spdlog::sinks::sink {
 public:
  // Before the first line. The pool must live as long as lines come.
  void watch(spdlog::details::thread_pool* pool) { pool_ = pool; }

  // Any thread.
  // Lines that were lost, in all; those that the queue overran are not among them.
  [[nodiscard]] std::size_t lost() const { return lost_.load(std::memory_order_relaxed); }
  // Somebody lost lines before they came into the queue.
  void add_lost(std::size_t lines) { lost_.fetch_add(lines, std::memory_order_relaxed); }
  // From `when` on, lines that cannot be written at once are given up.
  void give_up_at(std::chrono::steady_clock::time_point when) { give_up_at_.store(when); }

  // The writer thread only.
  void log(const spdlog::details::log_msg& message) final;
  void flush() final;
  void set_pattern(const std::string& /*pattern*/) final {}  // lines come complete
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) final {}

 protected:
  // The line, without its end, that tells of so many lost lines.
  [[nodiscard]] virtual std::string lost_line(std::uint64_t lines) = 0;
  // Writes whole lines, and answers with what it could not write.
  [[nodiscard]] virtual std::string_view write_lines(std::string_view lines) = 0;
  // Asked while a place takes nothing: the lines are to go elsewhere.
  [[nodiscard]] virtual bool leaves_place() { return false; }

  // Writes to a descriptor as long as it takes it, it fails, the place is left, or the time to give up has come. Answers with
  // the bytes that are left.
  [[nodiscard]] std::string_view write_to(int fd, std::string_view bytes);

 private:
  void tell_lost();
  [[nodiscard]] bool wait_until_writable(int fd);

  spdlog::details::thread_pool* pool_ = nullptr;
  std::atomic<std::chrono::steady_clock::time_point> give_up_at_{
      std::chrono::steady_clock::time_point::max()};
  std::string waiting_;  // whole lines, not written yet
  std::atomic<std::size_t> lost_{0};
  std::size_t lost_told_ = 0;      // of these, reported
  std::size_t overruns_told_ = 0;  // of the queue's counter
};

}  // namespace tamada
