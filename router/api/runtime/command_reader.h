// CommandReader: the bytes of a run-time socket as commands, as HAProxy's command line takes them.
//
// A line ends with LF; a CR before it does not count. `;` separates the commands of a line. Nothing of a line
// is given out before its end is there: half a command is none. A backslash takes the meaning of the
// character behind it (`;`, a space, a backslash); words_of() takes the backslashes away. Pure; bounded by
// `line_max`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tamada::router {

class CommandReader {
 public:
  static constexpr std::size_t line_max = 16384;  // HAProxy's default buffer

  void add(std::string_view bytes);

  // The next command, perhaps an empty one (an empty line is a command that nobody knows). None: wait for
  // more bytes, or is_too_long().
  [[nodiscard]] std::optional<std::string> next();

  // The line that has begun is longer than line_max: nothing more will come.
  [[nodiscard]] bool is_too_long() const { return too_long_; }
  // Nothing is left, not even half a line.
  [[nodiscard]] bool is_empty() const { return at_ == bytes_.size(); }
  // Bytes that wait.
  [[nodiscard]] std::size_t size() const { return bytes_.size() - at_; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;        // what stands before was given out
  std::size_t line_end_ = 0;  // of the line that is being given out; 0: none is
  bool too_long_ = false;
};

// "set server  a\ b/c" -> {"set", "server", "a b/c"}: at spaces and tabs, at most 64 (the rest is left out).
[[nodiscard]] std::vector<std::string> words_of(std::string_view command);

}  // namespace tamada::router
