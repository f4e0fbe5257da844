// LineQueue: hands lines from any thread to a writer thread, where a LineSink writes them (spdlog's asynchronous machinery).
// The caller never blocks: of more than `lines` that wait, the oldest are overrun and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tamada {

class LineSink;

class LineQueue {
 public:
  // Throws std::system_error when there is no thread to be had. spdlog allots all lines at once, about 400 bytes each.
  LineQueue(std::size_t lines, std::shared_ptr<LineSink> sink);
  // Writes out what waits, at most for a second; no other thread may still write then.
  ~LineQueue();
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;

  // Without its end.
  void write(std::string_view line);
  [[nodiscard]] std::size_t waiting() const;
  // Lines that never reached the place so far, for whatever reason.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada
