// How much there is to do, for the status page.
#include <algorithm>

#include "router/balance/admission.h"

namespace tamada::router {

void Admission::note_clients(Listener& listener) {
  const auto waiting = static_cast<std::uint32_t>(listener.waiting.size());
  listener.clients_max = std::max(listener.clients_max, listener.sessions + waiting);
}

ListenerLoad Admission::load(ListenerId id, TimePoint now) const {
  const auto found = listeners_.find(id);
  return found == listeners_.end() ? ListenerLoad{} : load(found->second, now);
}

std::unordered_map<ListenerId, ListenerLoad> Admission::loads(TimePoint now) const {
  std::unordered_map<ListenerId, ListenerLoad> all;
  for (const auto& [id, listener] : listeners_) all.emplace(id, load(listener, now));
  return all;
}

ListenerLoad Admission::load(const Listener& listener, TimePoint now) const {
  ListenerLoad result;
  result.sessions = listener.sessions;
  result.sessions_max = listener.sessions_max;
  result.waiting_max = listener.waiting_max;
  result.clients_max = listener.clients_max;
  result.longest_wait = listener.longest_wait;
  const auto waiting = static_cast<std::uint32_t>(listener.waiting.size());
  const bool fit = has_fit_node(listener, now) && !none_takes_sessions(listener, now);
  (fit ? result.queued : result.held) = waiting;
  // Those that came back from a server stand in front, in no order: no place holds the oldest for sure.
  const auto oldest = std::min_element(listener.waiting.begin(), listener.waiting.end(),
                                       [](const Waiting& a, const Waiting& b) { return a.asked < b.asked; });
  if (oldest != listener.waiting.end()) {
    result.oldest_wait = now - oldest->asked;
    result.longest_wait = std::max(result.longest_wait, *result.oldest_wait);
  }
  for (const auto& [id, node] : listener.nodes) {
    result.starting += node.starting;
    result.nodes.push_back({id, node.sessions, node.sessions_max, node.starting, node.weight});
  }
  return result;
}

void Admission::clear_maxima() {
  for (auto& [id, listener] : listeners_) {
    listener.sessions_max = listener.sessions;
    listener.waiting_max = static_cast<std::uint32_t>(listener.waiting.size());
    listener.clients_max = listener.sessions + listener.waiting_max;
    listener.longest_wait = Duration::zero();
    for (auto& [node_id, node] : listener.nodes) node.sessions_max = node.sessions;
  }
}

std::uint32_t Admission::sessions_on(NodeId node) const {
  const auto found = sessions_on_.find(node);
  return found == sessions_on_.end() ? 0 : found->second;
}

}  // namespace tamada::router
