#include "common/process/last_lines.h"

namespace tamada {

void LastLines::add(std::string_view line) {
  size_ += line.size() + 1;
  lines_.emplace_back(line);
  while (size_ > limit_ && lines_.size() > 1) {
    size_ -= lines_.front().size() + 1;
    lines_.pop_front();
  }
}

std::string LastLines::text() const {
  std::string text;
  text.reserve(size_);
  for (const std::string& line : lines_) text.append(line).append("\n");
  return text;
}

}  // namespace tamada
