#include "common/log/log_joiner.h"

#include <algorithm>

namespace tamada {

bool LogJoiner::admit(LogLevel level, std::string_view event, const JoinBy& by, TimePoint now) {
  const auto [found, is_new] = windows_.try_emplace(Kind(event, by.about));
  Window& window = found->second;
  if (is_new || (window.more == 0 && now - window.began >= window_)) {
    window = {};
    window.began = now;
  }
  if (window.written < lines_at_once) {
    ++window.written;
    return true;
  }
  ++window.more;
  window.level = std::max(window.level, level);
  if (window.addresses.size() < addresses_max && !window.addresses.contains(by.address)) {
    window.addresses.emplace(by.address);
  }
  return false;
}

LogJoiner::Joined LogJoiner::joined(const Kind& kind, const Window& window, TimePoint now) {
  return {window.level, kind.first, kind.second, window.more, window.addresses.size(), now - window.began};
}

std::vector<LogJoiner::Joined> LogJoiner::take_due(TimePoint now) {
  std::vector<Joined> due;
  for (auto at = windows_.begin(); at != windows_.end();) {
    if (at->second.more == 0 || now - at->second.began < window_) {
      ++at;
      continue;
    }
    due.push_back(joined(at->first, at->second, now));
    at = windows_.erase(at);
  }
  return due;
}

std::vector<LogJoiner::Joined> LogJoiner::take_all(TimePoint now) {
  std::vector<Joined> all;
  for (const auto& [kind, window] : windows_) {
    if (window.more > 0) all.push_back(joined(kind, window, now));
  }
  windows_.clear();
  return all;
}

std::optional<TimePoint> LogJoiner::next_due() const {
  std::optional<TimePoint> next;
  for (const auto& [kind, window] : windows_) {
    if (window.more == 0) continue;
    next = std::min(next.value_or(window.began + window_), window.began + window_);
  }
  return next;
}

}  // namespace tamada
