#include "common/http/header_guard.h"

namespace tamada::http {

HeaderGuard::Scan HeaderGuard::scan(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (++seen_ > max_bytes_) return {Verdict::too_large, i};
    if (after_cr_) {
      if (c != '\n') return {Verdict::bare_newline, i};
      after_cr_ = false;
      if (line_length_ == 0 && lines_ > 0) return {Verdict::complete, i + 1};
      if (line_length_ > 0) ++lines_;
      line_length_ = 0;
    } else if (c == '\r') {
      after_cr_ = true;
    } else if (c == '\n') {
      return {Verdict::bare_newline, i};
    } else {
      if (line_length_ == 0 && (c == ' ' || c == '\t')) return {Verdict::folded, i};
      ++line_length_;
    }
  }
  return {Verdict::more, bytes.size()};
}

}  // namespace tamada::http
