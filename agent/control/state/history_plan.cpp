#include "agent/control/state/history_plan.h"

#include <algorithm>
#include <iterator>

namespace tamada::agent {

bool lacks_history(const patroni::HistoryValue* known, std::uint32_t timeline) {
  const bool is_empty = known == nullptr || known->entries.empty();
  if (timeline <= 1) return !is_empty;
  if (is_empty) return true;
  const patroni::HistoryEntry& last = known->entries.back();
  return last.timeline + 1 != timeline || !last.is_complete();
}

patroni::HistoryValue history_of(const TimelineHistory& file, const patroni::HistoryValue* known,
                                 const std::string& time, const std::string& leader, std::uint32_t most) {
  patroni::HistoryValue made;
  for (const TimelineSwitch& ended : file.switches) {
    patroni::HistoryEntry entry;
    entry.timeline = ended.timeline;
    entry.lsn = ended.end;
    entry.reason = ended.reason;
    if (known != nullptr) {
      const auto kept = std::find_if(known->entries.begin(), known->entries.end(), [&entry](const auto& one) {
        return one.timeline == entry.timeline && one.lsn == entry.lsn;
      });
      if (kept != known->entries.end()) {
        entry.time = kept->time;
        entry.new_leader = kept->new_leader;
      }
    }
    made.entries.push_back(std::move(entry));
  }
  if (!made.entries.empty() && !made.entries.back().is_complete()) {
    made.entries.back().time = time;
    made.entries.back().new_leader = leader;
  }
  if (most != 0 && made.entries.size() > most) {
    made.entries.erase(made.entries.begin(),
                       std::prev(made.entries.end(), static_cast<std::ptrdiff_t>(most)));
  }
  return made;
}

}  // namespace tamada::agent
