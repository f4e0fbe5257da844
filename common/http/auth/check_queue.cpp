#include "common/http/auth/check_queue.h"

#include <algorithm>
#include <tuple>

namespace tamada::http {
namespace {

// Smaller is better: standing, how many of the same source are ahead of it, when it came.
std::tuple<Standing, std::size_t, std::uint64_t> rank(const std::deque<CheckQueue::Entry>& entries,
                                                      std::size_t index) {
  const CheckQueue::Entry& entry = entries[index];
  const auto ahead =
      std::count_if(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(index),
                    [&](const CheckQueue::Entry& other) { return other.source == entry.source; });
  return {entry.standing, static_cast<std::size_t>(ahead), entry.ticket};
}

}  // namespace

std::optional<std::uint64_t> CheckQueue::add(const Entry& entry) {
  lines_[entry.name].entries.push_back(entry);
  ++size_;
  if (waiting_from(entry.source) > per_source_max) return make_room(entry.source);
  if (size_ > waiting_max) return make_room({});
  return std::nullopt;
}

std::size_t CheckQueue::waiting_from(const std::string& source) const {
  std::size_t count = 0;
  for (const auto& [name, line] : lines_) {
    for (const Entry& entry : line.entries) count += entry.source == source ? 1U : 0U;
  }
  return count;
}

// `source`: only among those who came from there; empty: among all.
std::uint64_t CheckQueue::make_room(const std::string& source) {
  const auto counts = [&](const Entry& entry) { return source.empty() || entry.source == source; };
  auto longest = lines_.end();
  std::ptrdiff_t most = 0;
  for (auto line = lines_.begin(); line != lines_.end(); ++line) {
    const auto& entries = line->second.entries;
    const auto count = std::count_if(entries.begin(), entries.end(), counts);
    if (count > most) {
      most = count;
      longest = line;
    }
  }
  auto& entries = longest->second.entries;
  std::size_t worst = entries.size();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!counts(entries[i])) continue;
    if (worst == entries.size() || rank(entries, i) > rank(entries, worst)) worst = i;
  }
  const std::uint64_t ticket = entries[worst].ticket;
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(worst));
  if (entries.empty()) lines_.erase(longest);
  --size_;
  return ticket;
}

std::optional<std::uint64_t> CheckQueue::take() {
  if (lines_.empty()) return std::nullopt;
  auto turn = lines_.upper_bound(last_);
  if (turn == lines_.end()) turn = lines_.begin();
  last_ = turn->first;
  Line& line = turn->second;
  std::size_t chosen = 0;
  if (!line.longest_next) {
    for (std::size_t i = 1; i < line.entries.size(); ++i) {
      if (rank(line.entries, i) < rank(line.entries, chosen)) chosen = i;
    }
  }
  line.longest_next = !line.longest_next;
  const std::uint64_t ticket = line.entries[chosen].ticket;
  line.entries.erase(line.entries.begin() + static_cast<std::ptrdiff_t>(chosen));
  if (line.entries.empty()) lines_.erase(turn);
  --size_;
  return ticket;
}

}  // namespace tamada::http
