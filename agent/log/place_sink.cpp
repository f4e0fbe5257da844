#include "agent/log/place_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace tamada::agent {

PlaceSink::PlaceSink(int fd, WarningLine warning_line) : fd_(fd), warning_line_(std::move(warning_line)) {}

void PlaceSink::set_file(std::optional<LogFile> file) {
  const std::lock_guard lock(mutex_);
  next_file_ = std::move(file);
  has_next_ = true;
}

bool PlaceSink::leaves_place() {
  const std::lock_guard lock(mutex_);
  return has_next_;
}

void PlaceSink::take_place() {
  std::optional<LogFile> former;  // closed without the lock: a disk may let it wait
  const std::lock_guard lock(mutex_);
  if (!std::exchange(has_next_, false)) return;
  former = std::exchange(file_, std::exchange(next_file_, std::nullopt));
}

std::string PlaceSink::lost_line(std::uint64_t lines) {
  return warning_line_(fmt::format("{} line{} of this log could not be written in time and {} lost", lines,
                                   lines == 1 ? "" : "s", lines == 1 ? "is" : "are"));
}

std::string_view PlaceSink::next_piece(std::string_view lines) {
  if (!file_) return lines;
  const std::string_view piece = lines.substr(0, lines.find('\n') + 1);
  if (const auto room = file_->make_room(piece.size()); !room) {
    const std::string told = warning_line_(room.error().message) + "\n";
    (void)write_to(file_->fd(), told);
  }
  return piece;
}

std::string_view PlaceSink::write_lines(std::string_view lines) {
  take_place();
  while (!lines.empty()) {
    const std::string_view piece = next_piece(lines);
    const std::string_view rest = write_to(file_ ? file_->fd() : fd_, piece);
    const std::size_t written = piece.size() - rest.size();
    if (file_) file_->written(written);
    if (rest.empty()) {
      lines.remove_prefix(written);
      continue;
    }
    // A line that the place took a part of is still to come as a whole: this one is no use to anybody.
    const std::size_t last_end = piece.substr(0, written).rfind('\n');
    if (last_end != std::string_view::npos) lines.remove_prefix(last_end + 1);
    if (!leaves_place()) return lines;
    take_place();
  }
  return lines;
}

}  // namespace tamada::agent
