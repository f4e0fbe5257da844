// The last lines of an output that may be long: the newest ones up to a limit of bytes.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace tamada {

class LastLines {
 public:
  // `limit` in bytes, line ends included. One line that alone is longer is kept whole.
  explicit LastLines(std::size_t limit) : limit_(limit) {}

  // A line without its end. Older ones go to make room.
  void add(std::string_view line);
  // All that are kept, each with a line end.
  [[nodiscard]] std::string text() const;

 private:
  std::size_t limit_;
  std::deque<std::string> lines_;
  std::size_t size_ = 0;
};

}  // namespace tamada
