#include "router/core/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/quantity.h"
#include "router/core/balancing.h"

namespace tamada::router {

namespace {

Refusal gone() {
  return {"57P03", "this listener was taken out of the configuration", "use another port"};
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
    for (const SessionId waiting : listener.waiting) {
      Session& session = sessions_.at(waiting);
      deadlines_.erase({session.deadline, waiting});
      session.deadline = std::min(session.deadline, now);
      deadlines_.emplace(session.deadline, waiting);
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
  if (found == listeners_.end() || !found->second.configured) return gone();
  Listener& listener = found->second;
  Session session;
  session.listener = listener_id;
  session.deadline = now + listener.policy.hold;
  session.source_hash = source_hash(client);

  // The common case costs no queue: nobody waits, so nobody is overtaken.
  if (listener.waiting.empty()) {
    if (auto candidate = pick(listener, session, now)) {
      session.phase = Phase::starting;
      session.node = candidate->node;
      sessions_.emplace(id, session);
      return Grant{id, std::move(*candidate), table_->generation};
    }
  }
  if (listener.policy.hold <= Duration::zero()) return refusal(listener, now, "");
  if (listener.waiting.size() >= listener.policy.max_held) {
    return refusal(listener, now, fmt::format("{} clients are waiting already", listener.waiting.size()));
  }
  sessions_.emplace(id, session);
  listener.waiting.push_back(id);
  deadlines_.emplace(session.deadline, id);
  return verdict(listener, id, now, grants);
}

Verdict Admission::retry(SessionId id, RetryCause cause, TimePoint now, std::vector<Grant>& grants) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second.phase != Phase::starting) {
    return Refusal{"57P03", "the session was ended by the router", "connect again"};
  }
  Session& session = found->second;
  Listener& listener = listeners_.at(session.listener);
  const NodeId failed = session.node;
  release(listener, session);
  if (cause != RetryCause::reset) {
    NodeLoad& load = listener.nodes[failed];
    load.suspect = true;
    load.suspect_until = now + avoid_for;
  }
  if (!listener.configured) {
    sessions_.erase(found);
    return gone();
  }
  if (now >= session.deadline) {
    const Refusal end =
        refusal(listener, now, fmt::format("waited {}", format_duration(listener.policy.hold)));
    sessions_.erase(found);
    serve(listener, now, grants);
    return end;
  }
  session.phase = Phase::waiting;
  session.node = failed;
  session.avoid_until = now + avoid_for;
  listener.waiting.push_front(id);
  deadlines_.emplace(session.deadline, id);
  rechecks_.emplace(session.avoid_until, session.listener);
  return verdict(listener, id, now, grants);
}

Verdict Admission::verdict(Listener& listener, SessionId id, TimePoint now, std::vector<Grant>& grants) {
  const std::size_t before = grants.size();
  serve(listener, now, grants);
  for (std::size_t i = before; i < grants.size(); ++i) {
    if (grants[i].session == id) {
      Grant own = std::move(grants[i]);
      grants.erase(grants.begin() + static_cast<std::ptrdiff_t>(i));
      return own;
    }
  }
  return Held{sessions_.at(id).deadline};
}

void Admission::started(SessionId id, TimePoint now, std::vector<Grant>& grants) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second.phase != Phase::starting) return;
  found->second.phase = Phase::running;
  Listener& listener = listeners_.at(found->second.listener);
  NodeLoad& load = listener.nodes[found->second.node];
  --load.starting;
  load.suspect = false;
  serve(listener, now, grants);
}

void Admission::ended(SessionId id, TimePoint now, std::vector<Grant>& grants) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session session = found->second;
  Listener& listener = listeners_.at(session.listener);
  if (session.phase == Phase::waiting) {
    stop_waiting(id);
    return;
  }
  release(listener, session);
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
    stop_waiting(id);
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
    Session& session = sessions_.at(*at);
    const bool avoids = session.node.is_set() && now < session.avoid_until;
    auto candidate = pick(listener, session, now);
    if (!candidate) {
      if (!avoids) break;
      ++at;
      continue;
    }
    session.phase = Phase::starting;
    session.node = candidate->node;
    deadlines_.erase({session.deadline, *at});
    grants.push_back({*at, std::move(*candidate), table_->generation});
    at = listener.waiting.erase(at);
  }
}

// Chooses a node and counts the session there; the caller moves the session to Phase::starting.
std::optional<Candidate> Admission::pick(Listener& listener, const Session& session, TimePoint now) {
  if (table_ == nullptr) return std::nullopt;
  const ListenerRoutes* routes = table_->find(listener.policy.id);
  if (routes == nullptr) return std::nullopt;
  const ListenerPolicy& policy = listener.policy;
  if (policy.max_connections != 0 && listener.sessions >= policy.max_connections) return std::nullopt;

  std::vector<Choice> choices;
  std::vector<const Candidate*> candidates;
  for (const Candidate& candidate : routes->candidates) {
    if (candidate.valid_until <= now) continue;
    if (candidate.node == session.node && now < session.avoid_until) continue;
    const NodeLoad& load = listener.nodes[candidate.node];
    if (policy.node_max_connections != 0 && load.sessions >= policy.node_max_connections) continue;
    if (load.starting >= policy.max_starting) continue;
    const bool probing = load.starting > 0 && now < load.probed + probe_for;
    if (load.suspect && (now < load.suspect_until || probing)) continue;
    choices.push_back({candidate.node, load.sessions});
    candidates.push_back(&candidate);
  }
  if (choices.empty()) return std::nullopt;
  const Candidate& chosen =
      *candidates[choose(policy.balance, choices, {listener.turn, session.source_hash, random_})];
  NodeLoad& load = listener.nodes[chosen.node];
  if (load.suspect) {
    load.probed = now;
    rechecks_.emplace(now + probe_for, policy.id);
  }
  ++load.sessions;
  ++load.starting;
  ++listener.sessions;
  ++sessions_on_[chosen.node];
  return chosen;
}

void Admission::release(Listener& listener, Session& session) {
  NodeLoad& load = listener.nodes[session.node];
  if (session.phase == Phase::starting) --load.starting;
  --load.sessions;
  --listener.sessions;
  if (--sessions_on_[session.node] == 0) sessions_on_.erase(session.node);
}

void Admission::stop_waiting(SessionId id) {
  const auto found = sessions_.find(id);
  std::erase(listeners_.at(found->second.listener).waiting, id);
  deadlines_.erase({found->second.deadline, id});
  sessions_.erase(found);
}

bool Admission::has_fit_node(const Listener& listener, TimePoint now) const {
  const ListenerRoutes* routes = table_ == nullptr ? nullptr : table_->find(listener.policy.id);
  return routes != nullptr &&
         std::any_of(routes->candidates.begin(), routes->candidates.end(),
                     [&](const Candidate& candidate) { return now < candidate.valid_until; });
}

Refusal Admission::refusal(const Listener& listener, TimePoint now, std::string_view circumstance) const {
  if (!listener.configured) return gone();
  const std::string suffix = circumstance.empty() ? "" : fmt::format(" ({})", circumstance);
  if (has_fit_node(listener, now)) {
    const ListenerPolicy& policy = listener.policy;
    if (policy.max_connections != 0 && listener.sessions >= policy.max_connections) {
      return {"53300",
              fmt::format("all {} connections of listener \"{}\" are in use{}", policy.max_connections,
                          policy.name, suffix),
              "close idle sessions, or raise max_connections of the listener"};
    }
    return {"53300",
            fmt::format("no server of listener \"{}\" takes a further connection now{}", policy.name, suffix),
            "retry shortly; node_max_connections and max_starting of the listener are the limits"};
  }
  const ListenerRoutes* routes = table_ == nullptr ? nullptr : table_->find(listener.policy.id);
  std::string why = "no node has been heard yet";
  if (routes != nullptr)
    why = routes->candidates.empty() ? routes->why_none : "nothing new has been heard of any node";
  return {"57P03", fmt::format("{}{}", why, suffix), "a fail-over may be in progress; retry shortly"};
}

ListenerLoad Admission::load(ListenerId id, TimePoint now) const {
  ListenerLoad result;
  const auto found = listeners_.find(id);
  if (found == listeners_.end()) return result;
  const Listener& listener = found->second;
  result.sessions = listener.sessions;
  const auto waiting = static_cast<std::uint32_t>(listener.waiting.size());
  (has_fit_node(listener, now) ? result.queued : result.held) = waiting;
  for (const auto& [node, load] : listener.nodes) {
    result.starting += load.starting;
    if (load.sessions != 0) result.sessions_on[node] = load.sessions;
  }
  return result;
}

std::uint32_t Admission::sessions_on(NodeId node) const {
  const auto found = sessions_on_.find(node);
  return found == sessions_on_.end() ? 0 : found->second;
}

}  // namespace tamada::router
