#include "agent/postgres/formats/timeline_history.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/postgres/formats/number_text.h"
#include "common/base/bytes.h"
#include "common/base/clean_text.h"

namespace tamada::agent {

namespace {

constexpr std::string_view blanks = " \t";

std::string_view take_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find_first_of(blanks), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest = trimmed(rest.substr(end));
  return word;
}

}  // namespace

std::optional<WalPosition> TimelineHistory::end_of(Timeline timeline) const {
  const auto found = std::find_if(switches.begin(), switches.end(),
                                  [&](const TimelineSwitch& one) { return one.timeline == timeline; });
  if (found == switches.end()) return std::nullopt;
  return found->end;
}

Result<TimelineHistory> parse_timeline_history(std::string_view content) {
  TimelineHistory history;
  int number = 0;
  const auto wrong = [&](std::string_view line, const char* what) {
    return fail(ErrorKind::invalid,
                fmt::format("timeline history, line {}: \"{}\" {}", number, printable(line), what));
  };
  while (const auto line = take_line(content)) {
    ++number;
    std::string_view rest = trimmed(line->text);
    if (rest.empty() || rest.front() == '#') continue;
    const auto timeline = whole_number<Timeline>(take_word(rest));
    const auto end = parse_wal_position(take_word(rest));
    if (!timeline || *timeline == 0 || !end)
      return wrong(line->text, "is no timeline with the position where it ended, such as \"1 0/3000000\"");
    if (!history.switches.empty()) {
      const TimelineSwitch& before = history.switches.back();
      if (before.timeline >= *timeline)
        return wrong(line->text, "has no later timeline than the line before");
      if (before.end > *end) return wrong(line->text, "ended before the timeline that it came from");
    }
    history.switches.push_back({*timeline, *end, clean_text(rest)});
  }
  return history;
}

std::string timeline_history_name(Timeline timeline) {
  return fmt::format("{:08X}.history", timeline);
}

}  // namespace tamada::agent
