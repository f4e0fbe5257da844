// What goes out of ClusterView::Impl: the table, the asks, the next tick.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "router/cluster/cluster_view_impl.h"

namespace tamada::router {
namespace {

constexpr Duration roll_call_every = 10s;
constexpr Duration config_every = 30s;
constexpr Duration opinions_every = 500ms;  // while somebody has to decide

}  // namespace

// ---- the table

AdminState ClusterView::Impl::admin_of(const Watched& node, ListenerId listener) const {
  const auto found = node.admin_on.find(listener);
  return found == node.admin_on.end() ? node.admin : found->second;
}

NodeRoute ClusterView::Impl::route_of(const Watched& node, const ListenerPolicy& listener,
                                      TimePoint now) const {
  const NodeBelief& belief = node.belief;
  NodeRoute route;
  route.node = belief.id();
  route.name = belief.name();
  route.postgres = belief.postgres();
  route.words = belief.words(now);
  route.leaving = belief.is_leaving();
  route.settled = belief.is_settled(now);
  route.is_alias = is_alias(belief.id());
  route.is_leader = belief.id() == leader_;
  route.leader_until = elected_until_;
  route.replica_until = belief.replica_until();
  route.is_replica = !identity_.is_open() && belief.is_fit_replica(now);
  route.is_standby_leader = !identity_.is_open() && belief.is_standby_leader(now) && !route.is_alias;
  if (route.is_standby_leader) route.replica_until = belief.newest()->sent + policy_.checks.expire;
  if (belief.newest()) {
    const patroni::NodeStatus& body = belief.newest()->body;
    route.sync = body.sync_standby || body.quorum_standby;
    route.noloadbalance = body.tags.noloadbalance;
    for (const Preference& entry : listener.preferences()) {
      route.tagged.push_back(entry.to == Target::tag && body.tags.has(entry.tag_key, entry.tag_value));
    }
  }
  route.lost_stream = node.stream.is_lost();
  const auto lags = node.lags.find(listener.id);
  route.lags = lags != node.lags.end() && lags->second;
  route.lag = node.lag;
  route.lag_time = node.lag_time;
  route.admin = admin_of(node, listener.id);
  if (node.no_connection) route.no_connection = node.no_connection->words;
  return route;
}

std::shared_ptr<RoutingTable> ClusterView::Impl::build_table() const {
  auto table = std::make_shared<RoutingTable>();
  table->generation = ledger_.next();
  if (uncut_leader_.is_set()) table->writers.push_back(uncut_leader_);
  table->writers.insert(table->writers.end(), uncut_also_as_.begin(), uncut_also_as_.end());
  if (!table->writers.empty()) {
    table->good_until = stood_still_until_ ? TimePoint{} : now_ + policy_.checks.expire;
  }
  for (const ListenerPolicy& listener : policy_.listeners) {
    std::vector<NodeRoute> nodes;
    for (const auto& node : nodes_) nodes.push_back(route_of(*node, listener, now_));
    // Two standby leaders: one of them has not noticed yet that it is none.
    const auto standby = [](const NodeRoute& node) { return node.is_standby_leader; };
    if (std::count_if(nodes.begin(), nodes.end(), standby) > 1) {
      for (NodeRoute& node : nodes) node.is_standby_leader = false;
    }
    const ListenerRoutes* in_force = published_ == nullptr ? nullptr : published_->find(listener.id);
    ListenerRoutes routes = build_routes(listener, nodes, no_leader_, in_force);
    if (listener.is_write() && planned_.holds() && !routes.candidates.empty()) {
      routes.candidates.clear();
      routes.why_none = planned_.words();
    }
    if (listener.is_write() && stood_still_until_ && !routes.candidates.empty()) {
      routes.candidates.clear();
      routes.why_none = "no leader: the router stood still, and the leader is asked anew";
    }
    routes.cuts = ledger_.lines(listener.id);
    table->listeners.push_back(std::move(routes));
  }
  for (ListenerId listener : retired_) {
    table->listeners.push_back(
        {listener, {}, "this listener was taken out of the configuration", ledger_.lines(listener)});
  }
  return table;
}

void ClusterView::Impl::publish() {
  std::shared_ptr<RoutingTable> table = build_table();
  renew_at_.reset();
  bool due = ledger_.take_changed() || published_ == nullptr || !routes_alike(*published_, *table);
  if (!due) {
    renew_at_ = renewal(*published_, *table, policy_.checks.expire / 2);
    // What is passed on to the uncut leader depends on it, also while nobody is offered.
    if (!table->writers.empty() && published_->good_until != TimePoint{}) {
      const TimePoint at = published_->good_until - policy_.checks.expire / 2;
      renew_at_ = renew_at_ ? std::min(*renew_at_, at) : at;
    }
    due = renew_at_ && now_ >= *renew_at_;
  }
  if (!due) return;
  renew_at_.reset();
  ledger_.published();
  published_ = std::move(table);
  step_.table = published_;
}

// ---- the asks

void ClusterView::Impl::ask() {
  const bool standby_cluster = std::any_of(
      nodes_.begin(), nodes_.end(), [&](const auto& node) { return node->belief.is_standby_leader(now_); });
  const bool fast = look_closer_until_.has_value() || (!election_.winner.is_set() && !standby_cluster);
  schedule_.begin(now_, fast);
  for (const auto& node : nodes_) {
    const NodeId id = node->belief.id();
    const bool poll_now =
        std::find(election_.poll_now.begin(), election_.poll_now.end(), id) != election_.poll_now.end();
    schedule_.want_poll(id, node->belief.poll_kind(),
                        poll_now ? std::optional(election_.poll_now_since) : std::nullopt);
    if (node->extra) schedule_.want_extra(id, *node->extra);
    node->extra.reset();
    if (node->doubted || node->no_connection) {
      schedule_.want(id, AskKind::postgres, policy_.checks.interval, node->doubted);
    }
    if (node->opinion &&
        (node->belief.has_failed() || node->opinion->outcome != SecondOpinion::Outcome::failed)) {
      schedule_.want(id, AskKind::postgres, fast ? opinions_every : policy_.checks.interval);
    }
  }
  ask_others();
  step_.asks = schedule_.take_asks();
}

// GET /cluster of those who can tell, when somebody has to decide; otherwise of one member now and then, for
// the names; GET /config of the leader.
void ClusterView::Impl::ask_others() {
  const Watched* uncut = find(uncut_leader_);
  // A failed node whose PostgreSQL answers again may be named still.
  const bool revives = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    return node->belief.has_failed() && node->opinion && node->postgres && node->postgres->answered;
  });
  const bool decide = election_.want_opinions || (uncut != nullptr && uncut->opinion) ||
                      (revives && !election_.winner.is_set());
  if (decide) {
    const Duration spacing = election_.winner.is_set() ? policy_.checks.interval : opinions_every;
    for (const auto& node : nodes_) {
      if (!is_askable(*node)) continue;
      schedule_.want(node->belief.id(), AskKind::cluster, spacing, election_.opinions_since);
    }
  } else if (!roll_call_ || now_ >= *roll_call_ + roll_call_every) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Watched& node = *nodes_[(roll_caller_ + i) % nodes_.size()];
      if (!is_askable(node) || schedule_.is_out(node.belief.id(), AskKind::cluster)) continue;
      schedule_.want(node.belief.id(), AskKind::cluster, Duration::zero());
      roll_call_ = now_;
      roll_caller_ = (roll_caller_ + i + 1) % nodes_.size();
      break;
    }
  }
  const Watched* leader = find(leader_);
  if (leader != nullptr && is_askable(*leader)) schedule_.want(leader_, AskKind::config, config_every);
}

void ClusterView::Impl::plan_next_tick() {
  // Whatever the reasons below miss is looked at once per interval.
  TimePoint next = now_ + policy_.checks.interval;
  const auto at = [&](std::optional<TimePoint> when) {
    if (when && *when > now_) next = std::min(next, *when);
  };
  at(schedule_.next());
  at(election_.look_again);
  at(identity_.adopt_at());
  at(renew_at_);
  at(look_closer_until_);
  at(planned_.until());
  if (election_.winner.is_set()) at(elected_until_);
  if (published_ != nullptr) {
    for (const ListenerRoutes& routes : published_->listeners) {
      for (const Candidate& candidate : routes.candidates) at(candidate.valid_until);
    }
  }
  for (const auto& node : nodes_) {
    if (node->opinion) at(node->opinion->until);
  }
  step_.next_tick = next;
}

}  // namespace tamada::router
