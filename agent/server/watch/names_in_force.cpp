#include "agent/server/watch/names_in_force.h"

#include <algorithm>

#include "agent/postgres/formats/sync_standby_names.h"

namespace tamada::agent {

void NamesInForce::saw(TimePoint asked, TimePoint answered, const std::string& setting) {
  const auto parsed = parse_sync_standby_names(setting);
  std::map<std::string, Name> now;
  for (const std::string& name : parsed ? parsed->names : std::vector<std::string>()) {
    if (name == "*") continue;
    const auto found = names_.find(name);
    if (found == names_.end()) {
      now.try_emplace(name, Name{answered, false});
    } else {
      now.try_emplace(name, Name{found->second.since, asked - found->second.since >= least});
    }
  }
  names_ = std::move(now);
}

void NamesInForce::forget() {
  names_.clear();
}

std::vector<std::string> NamesInForce::names() const {
  std::vector<std::string> names;
  for (const auto& [name, known] : names_) {
    if (known.is_in_force) names.push_back(name);
  }
  return names;
}

bool NamesInForce::is_waiting() const {
  return std::any_of(names_.begin(), names_.end(), [](const auto& one) { return !one.second.is_in_force; });
}

}  // namespace tamada::agent
