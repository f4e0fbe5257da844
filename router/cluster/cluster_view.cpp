#include "router/cluster/cluster_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "router/cluster/cluster_view_impl.h"

namespace tamada::router {
namespace {

constexpr Duration look_closer_for = 5s;

const char* words_of(AdminState state) {
  switch (state) {
    case AdminState::ready:
      return "ready";
    case AdminState::drain:
      return "drain";
    case AdminState::maintenance:
      return "maintenance";
  }
  return "ready";
}

}  // namespace

ClusterView::ClusterView(RoutingPolicy policy, std::uint32_t seed, TimePoint now)
    : impl_(std::make_unique<Impl>(std::move(policy), seed, now)) {}
ClusterView::~ClusterView() = default;

Step ClusterView::apply(const ClusterEvent& event, TimePoint now) {
  std::visit([&](const auto& said) { impl_->hear(said, now); }, event);
  return impl_->settle(now);
}

Step ClusterView::tick(TimePoint now) {
  return impl_->settle(now);
}

Step ClusterView::acknowledged(Generation generation, TimePoint now) {
  impl_->acknowledged(generation);
  return impl_->settle(now);
}

Step ClusterView::configure(RoutingPolicy policy, TimePoint now) {
  impl_->configure(std::move(policy), now);
  return impl_->settle(now);
}

Step ClusterView::sessions_gone(NodeId leaving, TimePoint now) {
  impl_->sessions_gone(leaving);
  return impl_->settle(now);
}

Step ClusterView::administer(NodeId node, ListenerId listener, AdminState state, TimePoint now) {
  impl_->administer(node, listener, state);
  return impl_->settle(now);
}

std::vector<NodeView> ClusterView::nodes(TimePoint now) const {
  return impl_->node_views(now);
}
LeaderView ClusterView::leader() const {
  return impl_->leader_view();
}
std::vector<ListenerView> ClusterView::listeners(TimePoint now) const {
  return impl_->listener_views(now);
}
Evidence ClusterView::evidence(TimePoint now) const {
  return impl_->evidence(now);
}
std::string ClusterView::system_id() const {
  return impl_->system_id();
}
std::vector<NodeId> ClusterView::node_ids() const {
  return impl_->node_ids();
}
std::vector<NodeId> ClusterView::claimants(TimePoint now) const {
  return impl_->claimants(now);
}
NodeId ClusterView::leader_id() const {
  return impl_->leader_id();
}
bool ClusterView::is_paused() const {
  return impl_->is_paused();
}
Address ClusterView::address_of(NodeId node) const {
  return impl_->address_of(node);
}
std::vector<patroni::ClusterMember> ClusterView::undiscovered() const {
  return impl_->undiscovered();
}

// ---- what comes in

ClusterView::Impl::Impl(RoutingPolicy policy, std::uint32_t seed, TimePoint now)
    : now_(now), schedule_(seed, policy.checks) {
  configure(std::move(policy), now);
}

void ClusterView::Impl::hear(const PollAnswer& answer, TimePoint now) {
  Watched* node = find(answer.node);
  if (node == nullptr) return;
  const bool extra = schedule_.answered(answer.node, answer.asked, answer.sent);
  const Stand before = node->belief.stand(now);
  switch (node->belief.hear(answer, extra, now)) {
    case NodeBelief::Heard::ignored:
    case NodeBelief::Heard::silence:
      return;
    case NodeBelief::Heard::replaced:
      node->replaced = true;
      node->forget_what_was_measured();
      node->stream.forget();
      pause_.forget(answer.node);
      break;
    case NodeBelief::Heard::answer:
      break;
  }
  NodeBelief& belief = node->belief;
  // Somebody has taken the lock or claims: what follows may follow soon.
  const Stand stand = belief.stand(now);
  if (stand != before && (stand == Stand::holds_lock || stand == Stand::claims)) schedule_.look_again(now);
  // A contradiction is looked into once; if the other end point contradicts as well, the next poll will tell.
  if (!extra && belief.contradicts(answer)) {
    node->extra = answer.asked == AskKind::master ? AskKind::replica : AskKind::master;
  }
  if (identity_.refusal(belief).empty()) identity_.shown(belief.system_id(), answer.sent);

  const patroni::NodeStatus& body = *answer.body;
  // An agent that was just started has not read the store yet: it does not know.
  if (body.dcs_last_seen.value_or(1) != 0) pause_.hear(answer.node, answer.sent, body.pause);
  if (answer.node == positions_of_ && body.location && body.role == patroni::NodeRole::primary) {
    positions_.leader_is_at(*body.location, now);
  }
  if (belief.newest()->sent == answer.sent) {
    const std::optional<std::uint64_t>& at =
        body.replayed_location ? body.replayed_location : body.received_location;
    const bool follows = at && answer.node != positions_of_;
    node->lag = follows ? positions_.lag(*at, answer.sent) : std::nullopt;
    node->lag_time = follows ? positions_.lag_time(*at, answer.sent) : std::nullopt;
    const std::optional<std::uint64_t> received = StreamWatch::position_of(body);
    const bool knows = received && answer.node != positions_of_;
    node->stream.hear(body, answer.sent, knows ? positions_.lag_time(*received, answer.sent) : std::nullopt);
  }
}

void ClusterView::Impl::hear(const ClusterAnswer& answer, TimePoint now) {
  Watched* giver = find(answer.node);
  if (giver == nullptr) return;
  (void)schedule_.answered(answer.node, AskKind::cluster, answer.sent);
  if (!board_.hear(answer, policy_.scope) || !answer.members || !giver->belief.refusal().empty()) return;
  if (!policy_.scope.empty() && !answer.members->scope.empty() && answer.members->scope != policy_.scope)
    return;
  pause_.hear(answer.node, answer.sent, answer.members->pause);
  for (const auto& node : nodes_) {
    const std::optional<std::string> name =
        OpinionBoard::listed_name(*answer.members, node->belief.policy().api_url, node->belief.name());
    if (!name || !node->belief.list_as(*name)) continue;
    node->replaced = true;
    node->lag.reset();
    node->lag_time.reset();
  }
  // Another node is named while a leader is believed: a reason to look.
  now_ = now;
  for (const Opinion& opinion : opinions()) {
    const bool other = opinion.kind == Opinion::Kind::names && opinion.node != leader_;
    if (leader_.is_set() && opinion.giver == answer.node && other) look_closer_until_ = now + look_closer_for;
  }
}

void ClusterView::Impl::hear(const ConfigAnswer& answer, TimePoint) {
  const Watched* node = find(answer.node);
  if (node == nullptr) return;
  (void)schedule_.answered(answer.node, AskKind::config, answer.sent);
  if (answer.ttl && node->belief.refusal().empty()) ttl_ = *answer.ttl;
}

void ClusterView::Impl::hear(const PostgresAnswer& answer, TimePoint now) {
  Watched* node = find(answer.node);
  if (node == nullptr) return;
  (void)schedule_.answered(answer.node, AskKind::postgres, answer.sent);
  if (!answer.asked || (node->postgres && answer.sent <= node->postgres->sent)) return;
  if (may_be_lost_on_the_way(*node, answer)) return;
  note_lost(*node, answer);
  node->postgres = answer;
  if (answer.postgres.is_set()) node->belief.found_postgres_at(answer.postgres);
  judge_connection(*node, answer, now);
}

// Whether this server has been watched without a gap since its agent fell silent.
void ClusterView::Impl::note_lost(Watched& node, const PostgresAnswer& answer) const {
  const Address& known = node.belief.postgres();
  const bool elsewhere = answer.postgres.is_set() && known.is_set() && !(answer.postgres == known);
  bool unwatched = false;
  if (node.belief.silences() > 0) {
    const TimePoint since = node.belief.silent_since();
    const TimePoint before = node.postgres ? std::max(node.postgres->sent, since) : since;
    unwatched = answer.sent - before > ttl_;
  }
  if (!answer.answered || elsewhere || unwatched) node.postgres_lost = answer.sent;
}

// Whether the node takes connections matters only once a session says that it does not: until then an
// unanswered probe is a matter of second_opinion.h.
void ClusterView::Impl::judge_connection(Watched& node, const PostgresAnswer& answer, TimePoint now) {
  const bool clears = node.doubted && answer.sent >= *node.doubted;
  if (answer.answered) {
    if (clears) node.doubted.reset();
    if (!std::exchange(node.no_connection, std::nullopt)) return;
    fact(FactKind::node_connects, node.belief.name(), node.belief.name() + " takes connections again");
    return;
  }
  if (!answer.silence || !(clears || node.no_connection)) return;
  node.doubted.reset();
  const bool is_new = !node.no_connection;
  const TimePoint since = is_new ? now : node.no_connection->since;
  node.no_connection = NoConnectionView{since, *answer.silence, answer.words};
  if (!is_new) return;
  fact(FactKind::node_no_connection, node.belief.name(),
       fmt::format("{} takes no connections: {}", node.belief.name(), answer.words), true);
}

void ClusterView::Impl::hear(const NoConnection& session, TimePoint now) {
  Watched* node = find(session.node);
  // Tried again and again already.
  if (node == nullptr || node->doubted || node->no_connection) return;
  node->doubted = now;
}

void ClusterView::Impl::hear(const LeaderKey& key, TimePoint now) {
  if (!policy_.watches_leader_key || !board_.hear(key)) return;
  look_closer_until_ = now + look_closer_for;
  schedule_.look_again(now);
  if (key.oversize > 0) {
    fact(FactKind::leader_key, "", oversize_words(key.oversize), true);
    return;
  }
  fact(FactKind::leader_key, key.lock_holder.value_or(""),
       key.lock_holder ? fmt::format("the leader key names {}", *key.lock_holder)
                       : "nobody holds the leader key");
}

void ClusterView::Impl::hear(const PlannedChange& change, TimePoint now) {
  if (policy_.watches_leader_key) planned_.hear(change, now);
}

void ClusterView::Impl::hear(const SessionHint& hint, TimePoint now) {
  Watched* node = find(hint.node);
  if (node == nullptr) return;
  // Where the hint does not say so much, the look that follows decides.
  if (ends_the_server(hint.kind)) node->postgres_lost = now;
  if (!look_closer_until_) {
    fact(FactKind::node_hint, node->belief.name(),
         fmt::format("a client's session on {} met \"{}\": looking closer", node->belief.name(),
                     words_of(hint.kind)));
  }
  look_closer_until_ = now + look_closer_for;
}

void ClusterView::Impl::configure(RoutingPolicy policy, TimePoint now) {
  now_ = now;
  for (const ListenerPolicy& old : policy_.listeners) {
    const bool stays = std::any_of(policy.listeners.begin(), policy.listeners.end(),
                                   [&](const ListenerPolicy& listener) { return listener.id == old.id; });
    if (!stays) retired_.push_back(old.id);
  }
  for (const ListenerPolicy& listener : policy.listeners) std::erase(retired_, listener.id);

  std::vector<std::unique_ptr<Watched>> old = std::move(nodes_);
  nodes_.clear();
  for (const NodePolicy& node : policy.nodes) {
    const auto known = std::find_if(old.begin(), old.end(), [&](const std::unique_ptr<Watched>& watched) {
      return watched && watched->belief.id() == node.id;
    });
    if (known == old.end()) {
      nodes_.push_back(std::make_unique<Watched>(node, policy.checks, now));
      continue;
    }
    if ((*known)->belief.configure(node, policy.checks, now)) {
      schedule_.forget(node.id);
      board_.forget(node.id);
      (*known)->forget_what_was_measured();
      pause_.forget(node.id);
    }
    (*known)->belief.set_leaving(false);
    nodes_.push_back(std::move(*known));
  }
  for (std::unique_ptr<Watched>& gone : old) {
    if (!gone) continue;
    NodePolicy same = gone->belief.policy();
    (void)gone->belief.configure(same, policy.checks, now);
    if (!gone->belief.is_leaving()) {
      fact(FactKind::node_removed, gone->belief.name(),
           gone->belief.name() + " was taken out of the configuration: watched until its last session ends");
    }
    gone->belief.set_leaving(true);
    nodes_.push_back(std::move(gone));
  }
  if (!policy.watches_leader_key) {
    board_.forget_key();
    planned_.forget();
  }
  identity_.configure(policy);
  schedule_.configure(policy.checks);
  policy_ = std::move(policy);
}

void ClusterView::Impl::sessions_gone(NodeId leaving) {
  Watched* node = find(leaving);
  if (node == nullptr || !node->belief.is_leaving()) return;
  // Should a session be on its way there still, this ends it.
  if (uncut_leader_ == leaving)
    lose_leader(CutCause::superseded, "the node was taken out of the configuration");
  if (leader_ == leaving) leader_ = {};
  std::erase(uncut_also_as_, leaving);
  ledger_.forget(leaving);
  schedule_.forget(leaving);
  board_.forget(leaving);
  pause_.forget(leaving);
  alias_.erase(leaving);
  fact(FactKind::node_gone, node->belief.name(), node->belief.name() + " is watched no more");
  std::erase_if(nodes_,
                [&](const std::unique_ptr<Watched>& watched) { return watched->belief.id() == leaving; });
}

void ClusterView::Impl::administer(NodeId id, ListenerId listener, AdminState state) {
  Watched* node = find(id);
  if (node == nullptr) return;
  std::string where = "every listener";
  if (listener.is_set()) {
    node->admin_on[listener] = state;
  } else {
    node->admin = state;
    node->admin_on.clear();
  }
  for (const ListenerPolicy& one : policy_.listeners) {
    if (listener.is_set() && one.id != listener) continue;
    if (listener.is_set()) where = one.name;
    if (state == AdminState::maintenance) {
      ledger_.cut(one.id, id, CutCause::maintenance,
                  node->belief.name() + " was put into maintenance by hand");
    }
  }
  fact(FactKind::node_admin, node->belief.name(),
       fmt::format("{} on {}: {}, by hand", node->belief.name(), where, words_of(state)));
}

}  // namespace tamada::router
