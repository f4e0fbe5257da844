// HeaderGuard: finds where the head of an HTTP/1 message ends, byte by byte, and is stricter about it than
// any parser behind or before us may be lenient. Pure.
//
// A head whose end two programs see at different places is how requests are smuggled. So: every line ends
// with CR LF and nothing else, a CR or an LF never stands alone, no header line begins with a blank (the
// obsolete folding of RFC 9112, 5.2), and the whole head has a limit, counted exactly. Empty lines before the
// start line are let pass (RFC 9112, 2.2) and count towards the limit.
#pragma once

#include <cstddef>
#include <string_view>

namespace tamada::http {

class HeaderGuard {
 public:
  enum class Verdict {
    more,          // all bytes belong to the head, which goes on
    complete,      // the head ended; `used` bytes of these belong to it
    bare_newline,  // a CR without LF or an LF without CR
    folded,        // a header line that begins with a blank
    too_large,
  };
  struct Scan {
    Verdict verdict;
    std::size_t used;
  };

  explicit HeaderGuard(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // After a verdict other than `more` it must not be called again.
  [[nodiscard]] Scan scan(std::string_view bytes);

  // True once a byte of the start line has come.
  [[nodiscard]] bool begun() const { return lines_ > 0 || line_length_ > 0; }

 private:
  std::size_t max_bytes_;
  std::size_t seen_ = 0;
  std::size_t lines_ = 0;        // complete ones that were not empty
  std::size_t line_length_ = 0;  // of the line that goes on
  bool after_cr_ = false;
};

}  // namespace tamada::http
