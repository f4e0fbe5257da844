#include "common/process/line_splitter.h"

#include <algorithm>

namespace tamada {

bool LineSplitter::take(std::string_view& bytes) {
  begin_anew();
  const std::size_t newline = bytes.find('\n');
  const std::string_view part = bytes.substr(0, newline);
  const std::size_t room = longest_ - line_.size();
  line_.append(part.substr(0, std::min(part.size(), room)));
  cut_ = cut_ || part.size() > room;
  told_ = newline != std::string_view::npos;
  bytes.remove_prefix(told_ ? newline + 1 : bytes.size());
  return told_;
}

bool LineSplitter::finish() {
  begin_anew();
  told_ = !line_.empty() || cut_;
  return told_;
}

void LineSplitter::begin_anew() {
  if (!told_) return;
  told_ = false;
  line_.clear();
  cut_ = false;
}

}  // namespace tamada
