#include "router/balance/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/quantity.h"

namespace tamada::router {

namespace {

template <class Span>
Span at_most(Duration span) {
  constexpr auto most = std::chrono::duration_cast<Duration>(Span::max());
  return span >= most ? Span::max() : std::chrono::duration_cast<Span>(span);
}

}  // namespace

Admission::Admission(std::uint32_t seed) : random_(seed) {}

void Admission::configure(const std::vector<ListenerPolicy>& policies, TimePoint now,
                          std::vector<Grant>& grants) {
  for (auto& [id, listener] : listeners_) listener.configured = false;
  for (const ListenerPolicy& policy : policies) {
    Listener& listener = listeners_[policy.id];
    listener.policy = policy;
    listener.configured = true;
  }
  for (auto& [id, listener] : listeners_) {
    serve(listener, now, grants);
    if (listener.configured) continue;
    for (const Waiting& waiting : listener.waiting) {
      Session& session = sessions_.at(waiting.session);
      deadlines_.erase({session.deadline(), waiting.session});
      session.patience = std::min(session.patience, at_most<Patience>(now - session.asked));
      deadlines_.emplace(session.deadline(), waiting.session);
    }
  }
}

void Admission::apply(RoutingTablePtr table, TimePoint now, std::vector<Grant>& grants) {
  table_ = std::move(table);
  for (auto& [id, listener] : listeners_) serve(listener, now, grants);
}

Verdict Admission::request(SessionId id, ListenerId listener_id, const Address& client, TimePoint now,
                           std::vector<Grant>& grants) {
  const auto found = listeners_.find(listener_id);
  if (found == listeners_.end() || !found->second.configured) return taken_out();
  Listener& listener = found->second;
  Session session;
  session.listener = listener_id;
  session.asked = now;
  session.patience = at_most<Patience>(listener.policy.hold);
  session.source_hash = source_hash(client);

  // The common case costs no queue: nobody waits, so nobody is overtaken.
  if (listener.waiting.empty()) {
    if (auto candidate = pick(listener, id, session, now)) {
      session.phase = Phase::starting;
      session.node = candidate->node;
      sessions_.emplace(id, session);
      note_clients(listener);
      return Grant{id, std::move(*candidate), table_->generation};
    }
  }
  if (listener.policy.hold <= Duration::zero()) {
    displace(listener, 1, now);  // for whoever comes next
    return refusal(listener, now, "");
  }
  if (listener.waiting.size() >= listener.policy.max_held) {
    return refusal(listener, now, fmt::format("{} clients are waiting already", listener.waiting.size()));
  }
  sessions_.emplace(id, session);
  listener.waiting.push_back({id, now});
  deadlines_.emplace(session.deadline(), id);
  return verdict(listener, id, now, grants);
}

Verdict Admission::retry(SessionId id, RetryCause cause, std::string_view why, TimePoint now,
                         std::vector<Grant>& grants) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second.is_starting()) {
    return Refusal{"57P03", "the session was ended by the router", "connect again"};
  }
  Session& session = found->second;
  Listener& listener = listeners_.at(session.listener);
  const NodeId failed = session.node;
  release(listener, id, session);
  if (cause != RetryCause::reset) {
    Node& node = listener.nodes[failed];
    node.suspect = true;
    node.suspect_until = now + avoid_for;
    node.refused_as = cause;
    node.refused_why = why;
  }
  if (!listener.configured) {
    sessions_.erase(found);
    return taken_out();
  }
  if (now >= session.deadline()) {
    listener.longest_wait = std::max(listener.longest_wait, now - session.asked);
    const Refusal end =
        refusal(listener, now, fmt::format("waited {}", format_duration(listener.policy.hold)));
    sessions_.erase(found);
    serve(listener, now, grants);
    return end;
  }
  session.phase = Phase::waiting;
  session.node = failed;
  session.avoid_until = now + avoid_for;
  listener.waiting.push_front({id, session.asked});
  deadlines_.emplace(session.deadline(), id);
  rechecks_.emplace(session.avoid_until, session.listener);
  return verdict(listener, id, now, grants);
}

Verdict Admission::verdict(Listener& listener, SessionId id, TimePoint now, std::vector<Grant>& grants) {
  const std::size_t before = grants.size();
  serve(listener, now, grants);
  note_clients(listener);
  for (std::size_t i = before; i < grants.size(); ++i) {
    if (grants[i].session == id) {
      Grant own = std::move(grants[i]);
      grants.erase(grants.begin() + static_cast<std::ptrdiff_t>(i));
      return own;
    }
  }
  listener.waiting_max = std::max(listener.waiting_max, static_cast<std::uint32_t>(listener.waiting.size()));
  return Held{sessions_.at(id).deadline()};
}

void Admission::client_owes(SessionId id, bool takes, TimePoint now, std::vector<Grant>& grants) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second.phase != Phase::starting) return;
  Listener& listener = listeners_.at(found->second.listener);
  found->second.phase = Phase::owing;
  found->second.avoid_until = now;
  listener.owing.emplace(now, id);
  Node& node = listener.nodes[found->second.node];
  --node.starting;
  if (takes) trust(node);
  serve(listener, now, grants);
}

void Admission::server_owes(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const Phase phase = found->second.phase;
  if (phase != Phase::owing && phase != Phase::displaced) return;
  Listener& listener = listeners_.at(found->second.listener);
  owes_nothing(listener, id, found->second);
  found->second.phase = Phase::starting;
  ++listener.nodes[found->second.node].starting;
}

NodeId Admission::started(SessionId id, bool takes, TimePoint now, std::vector<Grant>& grants) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second.is_starting()) return {};
  const NodeId on = found->second.node;
  Listener& listener = listeners_.at(found->second.listener);
  Node& node = listener.nodes[on];
  if (found->second.phase == Phase::starting) --node.starting;
  owes_nothing(listener, id, found->second);
  found->second.phase = Phase::running;
  if (takes) trust(node);
  if (node.probe == id) node.probe = {};
  serve(listener, now, grants);
  return listener.policy.is_write() ? on : NodeId{};
}

void Admission::ended(SessionId id, TimePoint now, std::vector<Grant>& grants) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session session = found->second;
  Listener& listener = listeners_.at(session.listener);
  if (session.phase == Phase::waiting) {
    stop_waiting(id, now);
    return;
  }
  release(listener, id, session);
  sessions_.erase(id);
  serve(listener, now, grants);
}

std::vector<Expiry> Admission::expire(TimePoint now, std::vector<Grant>& grants) {
  while (!rechecks_.empty() && rechecks_.begin()->first <= now) {
    Listener& listener = listeners_.at(rechecks_.begin()->second);
    rechecks_.erase(rechecks_.begin());
    serve(listener, now, grants);
  }
  std::vector<Expiry> expired;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const SessionId id = deadlines_.begin()->second;
    const Listener& listener = listeners_.at(sessions_.at(id).listener);
    expired.push_back(
        {id, refusal(listener, now, fmt::format("waited {}", format_duration(listener.policy.hold)))});
    stop_waiting(id, now);
  }
  return expired;
}

std::optional<TimePoint> Admission::next_expiry() const {
  std::optional<TimePoint> next;
  if (!deadlines_.empty()) next = deadlines_.begin()->first;
  if (!rechecks_.empty() && (!next || rechecks_.begin()->first < *next)) next = rechecks_.begin()->first;
  return next;
}

// Lets in, from the head, whoever can go. A session that only avoids a node by itself is passed over; when
// there is no room on any node the rest need not be looked at.
void Admission::serve(Listener& listener, TimePoint now, std::vector<Grant>& grants) {
  if (table_ == nullptr || !listener.configured) return;
  for (auto at = listener.waiting.begin(); at != listener.waiting.end();) {
    const SessionId id = at->session;
    Session& session = sessions_.at(id);
    const bool avoids = session.node.is_set() && now < session.avoid_until;
    auto candidate = pick(listener, id, session, now);
    if (!candidate) {
      if (!avoids) break;
      ++at;
      continue;
    }
    session.phase = Phase::starting;
    session.node = candidate->node;
    deadlines_.erase({session.deadline(), id});
    listener.longest_wait = std::max(listener.longest_wait, now - session.asked);
    grants.push_back({id, std::move(*candidate), table_->generation});
    at = listener.waiting.erase(at);
  }
  displace(listener, listener.waiting.size(), now);
}

// Chooses a node and counts the session there; the caller moves the session to Phase::starting.
std::optional<Candidate> Admission::pick(Listener& listener, SessionId id, const Session& session,
                                         TimePoint now) {
  if (table_ == nullptr) return std::nullopt;
  const ListenerRoutes* routes = table_->find(listener.policy.id);
  if (routes == nullptr) return std::nullopt;
  const ListenerPolicy& policy = listener.policy;

  std::vector<Choice> choices;
  std::vector<const Candidate*> candidates;
  for (const Candidate& candidate : routes->candidates) {
    if (candidate.valid_until <= now) continue;
    if (candidate.node == session.node && now < session.avoid_until) continue;
    const Node& node = listener.nodes[candidate.node];
    if (node.weight == 0) continue;
    if (is_full(listener, candidate.node)) continue;
    if (node.starting >= policy.max_starting) continue;
    const bool probing = node.probe != SessionId{} && now < node.probed + probe_for;
    if (node.suspect && (now < node.suspect_until || probing)) continue;
    choices.push_back({candidate.node, node.sessions, node.weight});
    candidates.push_back(&candidate);
  }
  if (choices.empty()) return std::nullopt;
  const Candidate& chosen =
      *candidates[choose(policy.balance, choices, {listener.balance, session.source_hash, random_})];
  Node& node = listener.nodes[chosen.node];
  if (node.suspect) {
    node.probe = id;
    node.probed = now;
    rechecks_.emplace(now + probe_for, policy.id);
  }
  ++node.starting;
  node.sessions_max = std::max(node.sessions_max, ++node.sessions);
  listener.sessions_max = std::max(listener.sessions_max, ++listener.sessions);
  ++sessions_on_[chosen.node];
  return chosen;
}

void Admission::trust(Node& node) {
  node.suspect = false;
  node.probe = {};
}

bool Admission::is_full(const Listener& listener, NodeId node) {
  const ListenerPolicy& policy = listener.policy;
  if (policy.max_connections != 0 && listener.sessions >= policy.max_connections) return true;
  const auto known = listener.nodes.find(node);
  return policy.node_max_connections != 0 && known != listener.nodes.end() &&
         known->second.sessions >= policy.node_max_connections;
}

// A node that is full and not offered has nobody who waits for it.
void Admission::displace(Listener& listener, std::size_t wanting, TimePoint now) {
  const bool is_limited = listener.policy.max_connections != 0 || listener.policy.node_max_connections != 0;
  if (wanting == 0 || !is_limited || listener.owing.empty()) return;
  const ListenerRoutes* routes = table_ == nullptr ? nullptr : table_->find(listener.policy.id);
  if (routes == nullptr) return;
  const auto offered = [&](NodeId node) {
    return std::any_of(routes->candidates.begin(), routes->candidates.end(), [&](const Candidate& one) {
      return one.node == node && now < one.valid_until && has_weight(listener, node);
    });
  };
  for (auto at = listener.owing.begin(); at != listener.owing.end() && listener.displaced < wanting;) {
    const auto [since, id] = *at;
    Session& session = sessions_.at(id);
    if (!is_full(listener, session.node) || !offered(session.node)) {
      ++at;
      continue;
    }
    if (now < since + owing_patience) {
      rechecks_.emplace(since + owing_patience, listener.policy.id);
      return;
    }
    at = listener.owing.erase(at);
    session.phase = Phase::displaced;
    ++listener.displaced;
    displaced_.push_back(id);
  }
}

void Admission::owes_nothing(Listener& listener, SessionId id, Session& session) {
  if (session.phase == Phase::owing) listener.owing.erase({session.avoid_until, id});
  if (session.phase == Phase::displaced) --listener.displaced;
}

void Admission::release(Listener& listener, SessionId id, Session& session) {
  owes_nothing(listener, id, session);
  Node& node = listener.nodes[session.node];
  if (node.probe == id) node.probe = {};
  if (session.phase == Phase::starting) --node.starting;
  --node.sessions;
  --listener.sessions;
  if (--sessions_on_[session.node] == 0) sessions_on_.erase(session.node);
}

void Admission::stop_waiting(SessionId id, TimePoint now) {
  const auto found = sessions_.find(id);
  Listener& listener = listeners_.at(found->second.listener);
  listener.waiting.erase(std::find_if(listener.waiting.begin(), listener.waiting.end(),
                                      [&](const Waiting& one) { return one.session == id; }));
  listener.longest_wait = std::max(listener.longest_wait, now - found->second.asked);
  deadlines_.erase({found->second.deadline(), id});
  sessions_.erase(found);
}

void Admission::set_weight(ListenerId id, NodeId node, std::uint32_t weight, TimePoint now,
                           std::vector<Grant>& grants) {
  const auto found = listeners_.find(id);
  if (found == listeners_.end()) return;
  found->second.nodes[node].weight = std::min(weight, weight_max);
  found->second.balance.turn_of.clear();
  serve(found->second, now, grants);
}

}  // namespace tamada::router
