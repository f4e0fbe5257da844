// What people are shown of ClusterView::Impl: copies, and what speaks for and against the leader.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "router/cluster/cluster_view_impl.h"

namespace tamada::router {
namespace {

std::string words_of(const Opinion& opinion, const std::string& giver, const std::string& named) {
  switch (opinion.kind) {
    case Opinion::Kind::names:
      return fmt::format("/cluster of {} names {}", giver, named);
    case Opinion::Kind::stranger:
      return fmt::format("/cluster of {} names {}, whom nobody configured", giver, opinion.name);
    case Opinion::Kind::nobody:
      return fmt::format("/cluster of {} names nobody", giver);
    case Opinion::Kind::failed:
      break;
  }
  return fmt::format("/cluster of {} does not tell", giver);
}

std::string words_of(const KeySays& key) {
  switch (key.kind) {
    case KeySays::Kind::names:
      return "the leader key names " + key.name;
    case KeySays::Kind::nobody:
      return "nobody holds the leader key";
    case KeySays::Kind::unknown:
      break;
  }
  return key.name.empty() ? std::string()
                          : fmt::format("the leader key names {}, whom nobody knows", key.name);
}

}  // namespace

std::vector<NodeView> ClusterView::Impl::node_views(TimePoint now) const {
  std::vector<NodeView> views;
  for (const auto& node : nodes_) {
    const NodeBelief& belief = node->belief;
    NodeView view;
    view.id = belief.id();
    view.name = belief.name();
    view.configured_name = belief.policy().name;
    view.api_url = belief.policy().api_url;
    view.postgres = belief.postgres();
    view.leaving = belief.is_leaving();
    view.admin = node->admin;
    for (const auto& [listener, state] : node->admin_on) view.admin = std::max(view.admin, state);
    view.role = "-";
    view.state = "unknown";
    view.reason = fmt::format("{} {}", view.name, belief.words(now));
    if (belief.newest()) {
      const patroni::NodeStatus& body = belief.newest()->body;
      view.heard = belief.newest()->sent;
      view.timeline = body.timeline;
      view.lag_bytes = node->lag;
      view.state = body.state;
      view.lag_time = node->lag_time;
      view.patroni_version = body.patroni_version;
      view.server_version = body.server_version.value_or(0);
      view.pending_restart = body.pending_restart;
      view.role_kind = body.role;
      view.is_sync = body.sync_standby || body.quorum_standby;
      view.role = body.role_text;
      if (body.role == patroni::NodeRole::primary) view.role = "primary";
      if (body.role == patroni::NodeRole::standby_leader) view.role = "standby leader";
      if (body.sync_standby) view.role = "sync standby";
      if (body.quorum_standby) view.role = "quorum standby";
    }
    view.replication = router::name_of(node->stream.replication());
    const bool follows = belief.newest() && belief.newest()->body.role == patroni::NodeRole::replica;
    view.lost_stream = follows && node->stream.is_lost();
    view.silences = belief.silences();
    if (belief.silences() > 0 && (belief.has_fallen() || !belief.is_fresh(now))) view.state = "silent";
    if (belief.has_failed()) view.state = "failed";
    if (!belief.refusal().empty()) view.state = "refused";
    if (belief.id() == leader_) {
      view.role = "leader";
      view.reason = leader_reason_;
    } else if (is_alias(belief.id())) {
      view.reason = fmt::format("another configured node reaches {} as well", view.name);
    } else if (node->opinion && !belief.has_failed()) {
      view.reason += "; " + node->opinion->words;
    }
    view.no_connection = node->no_connection;
    if (view.no_connection) view.reason += "; it takes no connections: " + view.no_connection->words;
    views.push_back(std::move(view));
  }
  return views;
}

LeaderView ClusterView::Impl::leader_view() const {
  if (!leader_.is_set()) return {{}, "", no_leader_, leader_since_};
  return {leader_, name_of(leader_), leader_reason_, leader_since_};
}

std::vector<ListenerView> ClusterView::Impl::listener_views(TimePoint now) const {
  std::vector<ListenerView> views;
  for (const ListenerPolicy& listener : policy_.listeners) {
    ListenerView view;
    view.listener = listener.id;
    const ListenerRoutes* routes = published_ == nullptr ? nullptr : published_->find(listener.id);
    // While nobody is offered anything, nobody is a spare.
    const bool offers = routes != nullptr && !routes->candidates.empty();
    const std::size_t level = offers ? routes->level : listener.reserves.size();
    for (const auto& node : nodes_)
      view.nodes.push_back(route_view(listener, route_of(*node, listener, now), level));
    if (routes != nullptr && routes->candidates.empty()) view.why_none = routes->why_none;
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<NodeId> ClusterView::Impl::node_ids() const {
  std::vector<NodeId> ids;
  for (const auto& node : nodes_) ids.push_back(node->belief.id());
  return ids;
}

std::vector<NodeId> ClusterView::Impl::claimants(TimePoint now) const {
  std::vector<NodeId> ids;
  for (const auto& node : nodes_) {
    if (node->belief.claims(now) && node->belief.refusal().empty()) ids.push_back(node->belief.id());
  }
  return ids;
}

Address ClusterView::Impl::address_of(NodeId node) const {
  const Watched* watched = find(node);
  return watched == nullptr ? Address{} : watched->belief.postgres();
}

// ---- what speaks for the leader, and what does not fit

Evidence ClusterView::Impl::evidence(TimePoint now) const {
  Evidence evidence;
  for (const auto& node : nodes_) {
    const NodeBelief& belief = node->belief;
    if (is_alias(belief.id())) continue;
    std::string words = fmt::format("{} {}", belief.name(), belief.words(now));
    const bool says = belief.is_fresh(now) && belief.newest()->body.timeline && !belief.claims(now);
    if (says) words += fmt::format(", timeline {}", *belief.newest()->body.timeline);
    if (node->opinion && !belief.has_failed()) words += "; " + node->opinion->words;
    evidence.sentences.push_back(std::move(words));
  }
  for (const Opinion& opinion : opinions()) {
    evidence.sentences.push_back(words_of(opinion, name_of(opinion.giver), name_of(opinion.node)));
  }
  if (std::string words = words_of(key_says()); !words.empty())
    evidence.sentences.push_back(std::move(words));
  disagree(evidence, now);
  return evidence;
}

void ClusterView::Impl::disagree(Evidence& evidence, TimePoint now) const {
  std::vector<Disagreement>& found = evidence.disagreements;
  std::vector<std::string> claiming;
  std::string other;  // who claims beside the one that is believed
  for (const auto& node : nodes_) {
    const NodeBelief& belief = node->belief;
    if (!belief.refusal().empty()) {
      found.push_back({"other-system", belief.name(), fmt::format("{} {}", belief.name(), belief.refusal())});
    } else if (belief.claims(now) && !is_alias(belief.id())) {
      claiming.push_back(belief.name());
      if (belief.id() != leader_) other = belief.name();
    }
  }
  if (claiming.size() > 1) {
    found.push_back({"two-claims", other,
                     fmt::format("{} claim to lead; {}", fmt::join(claiming, " and "),
                                 leader_.is_set() ? name_of(leader_) + " is believed: " + leader_reason_
                                                  : std::string("nobody is believed"))});
  }
  const KeySays key = key_says();
  if (key.oversize > 0) {
    found.push_back({"leader-key", "", oversize_words(key.oversize)});
  } else if (election_.vetoed) {
    found.push_back({"veto", claiming.empty() ? "" : claiming.front(), election_.reason});
  } else if (leader_.is_set() && ((key.kind == KeySays::Kind::names && key.node != leader_) ||
                                  (key.kind == KeySays::Kind::unknown && !key.name.empty()))) {
    found.push_back({"leader-key", name_of(leader_),
                     fmt::format("{} is believed, but {}", name_of(leader_), words_of(key))});
  }
  if (election_.contradicted) {
    std::vector<std::string> said;
    for (const Opinion& opinion : opinions()) {
      const bool differs = opinion.kind == Opinion::Kind::names && opinion.node != leader_;
      if (differs) said.push_back(words_of(opinion, name_of(opinion.giver), name_of(opinion.node)));
    }
    found.push_back({"contradicted", name_of(leader_),
                     fmt::format("{} is believed, but {}", name_of(leader_), fmt::join(said, " and "))});
  }
  if (!identity_.dispute().empty()) found.push_back({"identity", "", identity_.dispute()});
}

std::vector<patroni::ClusterMember> ClusterView::Impl::undiscovered() const {
  return board_.strangers(beliefs());
}

}  // namespace tamada::router
