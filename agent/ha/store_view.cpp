#include "agent/ha/store_view.h"

#include <algorithm>

namespace tamada::ha {
bool SyncView::has_standby(const std::string& name) const {
  return std::any_of(standbys.begin(), standbys.end(),
                     [&](const std::string& one) { return same_name(one, name); });
}

bool SyncView::names(const std::string& name) const {
  return (!leader.empty() && same_name(leader, name)) || has_standby(name);
}

const MemberView* StoreView::member(const std::string& name) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const MemberView& one) { return one.name == name; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace tamada::ha
