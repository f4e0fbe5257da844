// LineSplitter: bytes as they come, cut into lines of a bounded length. Pure.
//
//   while (splitter.take(bytes)) use(splitter.line());
//   ...
//   if (splitter.finish()) use(splitter.line());   // at the end of the bytes
//
// A line is what stands before a newline, which is not part of it; all other bytes are passed as they are
// (NUL and carriage return too: who prints a line cleans it). Of a longer one the first `longest` bytes are
// told, and the rest is thrown away. Memory: `longest`, however long a line is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tamada {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t longest) : longest_(longest) {}

  // Takes what is used off the front of `bytes`. True: line() is one; ask again. False: all was taken.
  bool take(std::string_view& bytes);
  // True: line() is what stood there without a newline.
  bool finish();

  // Valid until the next call.
  [[nodiscard]] std::string_view line() const { return line_; }
  // It was longer than this.
  [[nodiscard]] bool is_cut() const { return cut_; }

 private:
  void begin_anew();

  const std::size_t longest_;
  std::string line_;
  bool cut_ = false;
  bool told_ = false;  // line_ was, so the next byte begins another
};

}  // namespace tamada
