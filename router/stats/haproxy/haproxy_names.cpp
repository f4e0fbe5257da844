#include "router/stats/haproxy/haproxy_names.h"

#include <unordered_set>

#include "common/base/clean_text.h"

namespace tamada::router {
namespace {

// On one line, and none twice: a second one of a name gets its number behind it.
class NameBook {
 public:
  std::string add(std::string_view name, std::uint32_t number) {
    std::string clean = clean_text(name);
    if (clean.empty()) clean = "?";
    while (!taken_.insert(clean).second) clean += "#" + std::to_string(number);
    return clean;
  }
  void reserve(std::string_view name) { taken_.emplace(name); }

 private:
  std::unordered_set<std::string> taken_;
};

}  // namespace

std::vector<std::string> server_names(const StatsSnapshot& snapshot) {
  NameBook book;
  std::vector<std::string> names;
  names.reserve(snapshot.nodes.size());
  for (const NodeStats& node : snapshot.nodes) {
    const NodeView& view = node.view;
    names.push_back(book.add(view.configured_name.empty() ? view.name : view.configured_name, view.id.value));
  }
  return names;
}

std::vector<std::string> proxy_names(const StatsSnapshot& snapshot) {
  NameBook book;
  book.reserve(stats_proxy);
  std::vector<std::string> names;
  names.reserve(snapshot.listeners.size());
  for (const ListenerStats& listener : snapshot.listeners)
    names.push_back(book.add(listener.name, listener.id.value));
  return names;
}

}  // namespace tamada::router
