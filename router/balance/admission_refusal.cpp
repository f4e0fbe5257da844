// What a client is told that gets no session: the reason, and what helps.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "router/balance/admission.h"

namespace tamada::router {

Refusal Admission::taken_out() {
  return {"57P03", "this listener was taken out of the configuration", "use another port"};
}

bool Admission::has_fit_node(const Listener& listener, TimePoint now) const {
  const ListenerRoutes* routes = table_ == nullptr ? nullptr : table_->find(listener.policy.id);
  return routes != nullptr &&
         std::any_of(routes->candidates.begin(), routes->candidates.end(), [&](const Candidate& candidate) {
           return now < candidate.valid_until && has_weight(listener, candidate.node);
         });
}

bool Admission::has_weight(const Listener& listener, NodeId node) const {
  const auto found = listener.nodes.find(node);
  return found == listener.nodes.end() || found->second.weight > 0;
}

std::optional<Refusal> Admission::none_takes_sessions(const Listener& listener, TimePoint now) const {
  const ListenerRoutes* routes = table_ == nullptr ? nullptr : table_->find(listener.policy.id);
  if (routes == nullptr) return std::nullopt;
  std::vector<std::string> reasons;
  bool out_of_reach = false;
  for (const Candidate& candidate : routes->candidates) {
    if (candidate.valid_until <= now || !has_weight(listener, candidate.node)) continue;
    const auto found = listener.nodes.find(candidate.node);
    const bool suspect = found != listener.nodes.end() && found->second.suspect;
    const std::string& why = suspect ? found->second.refused_why : candidate.no_connection;
    if (why.empty()) return std::nullopt;
    out_of_reach = out_of_reach || !suspect || found->second.refused_as == RetryCause::refused;
    reasons.push_back(fmt::format("{}: {}", candidate.name, why));
  }
  if (reasons.empty()) return std::nullopt;
  return Refusal{"57P03",
                 fmt::format("no server of listener \"{}\" takes a session: {}", listener.policy.name,
                             fmt::join(reasons, "; ")),
                 out_of_reach
                     ? "its REST API says that it is fit; look at its PostgreSQL port as the router sees it"
                     : "retry shortly"};
}

Refusal Admission::refusal(const Listener& listener, TimePoint now, std::string_view circumstance) const {
  if (!listener.configured) return taken_out();
  const std::string suffix = circumstance.empty() ? "" : fmt::format(" ({})", circumstance);
  if (has_fit_node(listener, now)) {
    const ListenerPolicy& policy = listener.policy;
    if (policy.max_connections != 0 && listener.sessions >= policy.max_connections) {
      return {"53300",
              fmt::format("all {} connections of listener \"{}\" are in use{}", policy.max_connections,
                          policy.name, suffix),
              "close idle sessions, or raise max_connections of the listener"};
    }
    if (std::optional<Refusal> none = none_takes_sessions(listener, now)) {
      none->message += suffix;
      return *std::move(none);
    }
    return {"53300",
            fmt::format("no server of listener \"{}\" takes a further connection now{}", policy.name, suffix),
            "retry shortly; node_max_connections and max_starting of the listener are the limits"};
  }
  const ListenerRoutes* routes = table_ == nullptr ? nullptr : table_->find(listener.policy.id);
  const bool only_weightless =
      routes != nullptr && !routes->candidates.empty() &&
      std::none_of(routes->candidates.begin(), routes->candidates.end(),
                   [&](const Candidate& candidate) { return has_weight(listener, candidate.node); });
  if (only_weightless) {
    return {"57P03",
            fmt::format("every fit server of listener \"{}\" has weight 0{}", listener.policy.name, suffix),
            "give one of them a weight again"};
  }
  std::string why = "no node has been heard yet";
  if (routes != nullptr)
    why = routes->candidates.empty() ? routes->why_none : "nothing new has been heard of any node";
  return {"57P03", fmt::format("{}{}", why, suffix), "a fail-over may be in progress; retry shortly"};
}

}  // namespace tamada::router
