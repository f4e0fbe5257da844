#include "agent/api/answers/cluster_view.h"

#include <algorithm>

namespace tamada::agent {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool SyncView::names(std::string_view member) const {
  return std::any_of(standbys.begin(), standbys.end(),
                     [&](const std::string& standby) { return same_name(standby, member); });
}

const MemberView* ClusterView::find(std::string_view name) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const MemberView& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace tamada::agent
