// The first half of ClusterView::Impl's turn: who belongs, who stands for whom, who is silent.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "router/cluster/cluster_view_impl.h"

namespace tamada::router {

// ---- helpers

ClusterView::Impl::Watched* ClusterView::Impl::find(NodeId node) {
  for (const auto& watched : nodes_) {
    if (watched->belief.id() == node) return watched.get();
  }
  return nullptr;
}

const ClusterView::Impl::Watched* ClusterView::Impl::find(NodeId node) const {
  return const_cast<Impl*>(this)->find(node);
}

std::vector<const NodeBelief*> ClusterView::Impl::beliefs() const {
  std::vector<const NodeBelief*> all;
  for (const auto& node : nodes_) all.push_back(&node->belief);
  return all;
}

std::string ClusterView::Impl::name_of(NodeId node) const {
  const Watched* watched = find(node);
  return watched == nullptr ? "a node that is gone" : watched->belief.name();
}

void ClusterView::Impl::fact(FactKind kind, std::string node, std::string words, bool warning) {
  step_.facts.push_back({kind, std::move(node), std::move(words), warning});
}

void ClusterView::Impl::cut_everywhere(const Watched& node, CutCause cause, const std::string& why) {
  for (const ListenerPolicy& listener : policy_.listeners)
    ledger_.cut(listener.id, node.belief.id(), cause, why);
  for (ListenerId listener : retired_) ledger_.cut(listener, node.belief.id(), cause, why);
}

// ---- who belongs

void ClusterView::Impl::settle_identity() {
  if (auto change = identity_.settle(beliefs(), now_))
    fact(change->kind, "", change->words, change->kind == FactKind::cluster_adopted);
  told_.dispute = identity_.dispute();
  if (!told_.dispute.empty() && told_.dispute != before_.dispute) {
    fact(FactKind::cluster_dispute, "",
         told_.dispute + ": nobody is offered; set cluster.name or cluster.system_id", true);
  }
  for (const auto& node : nodes_) {
    NodeBelief& belief = node->belief;
    std::string refusal = identity_.refusal(belief);
    if (refusal.empty() == belief.refusal().empty()) {
      belief.refuse(std::move(refusal));
      continue;
    }
    belief.refuse(std::move(refusal));
    if (belief.refusal().empty()) {
      fact(FactKind::node_accepted, belief.name(), belief.name() + " belongs to the cluster");
      continue;
    }
    fact(FactKind::node_refused, belief.name(), fmt::format("{} {}", belief.name(), belief.refusal()), true);
    cut_everywhere(*node, CutCause::refused, fmt::format("{} {}", belief.name(), belief.refusal()));
  }
}

// Facts about single nodes, once per change.
void ClusterView::Impl::tell_nodes() {
  for (const auto& node : nodes_) {
    const NodeBelief& belief = node->belief;
    const NodeTold& before = node->before;
    node->told.name = belief.name();
    if (node->replaced) {
      const std::string was = before.name.empty() ? belief.policy().name : before.name;
      std::string words =
          was == belief.name()
              ? fmt::format("{} {}: sessions to the old one end", was, belief.replaced_words())
              : fmt::format("{} answers where {} was: sessions to the old one end", belief.name(), was);
      cut_everywhere(*node, CutCause::refused, words);
      fact(FactKind::node_replaced, belief.name(), std::move(words), true);
    } else if (!before.name.empty() && before.name != belief.name()) {
      fact(FactKind::node_name, belief.name(), fmt::format("{} calls itself {}", before.name, belief.name()));
    }

    // Silent from `fall` silences on, and until the first answer.
    node->told.silent = before.silent ? belief.silences() > 0 : belief.has_fallen();
    if (node->told.silent && !before.silent) {
      fact(FactKind::node_silent, belief.name(),
           fmt::format("{} does not answer: {}", belief.name(), belief.silence_words()), true);
    } else if (before.silent && !node->told.silent) {
      fact(FactKind::node_back, belief.name(), belief.name() + " answers again");
    }
    if (!belief.newest()) continue;
    const patroni::NodeStatus& body = belief.newest()->body;
    node->told.face = fmt::format("{}, {}", body.role_text, body.state);
    if (body.timeline) node->told.face += fmt::format(", timeline {}", *body.timeline);
    if (node->told.face == before.face) continue;
    fact(FactKind::node_role, belief.name(),
         before.face.empty() ? fmt::format("{}: {}", belief.name(), node->told.face)
                             : fmt::format("{}: {}; was {}", belief.name(), node->told.face, before.face));
  }
}

// Two configured places may reach one and the same node; one of them stands for it.
void ClusterView::Impl::mark_aliases() {
  alias_.clear();
  const auto rank = [&](const NodeBelief& belief) {
    return std::tuple(belief.is_leaving(), belief.id() != uncut_leader_,
                      belief.name() != belief.policy().name);
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const NodeBelief& belief = nodes_[i]->belief;
    for (std::size_t j = 0; j < nodes_.size(); ++j) {
      const NodeBelief& other = nodes_[j]->belief;
      if (i == j || !other.is_fresh(now_) || !other.refusal().empty() || !belief.is_same_node(other))
        continue;
      const auto stands_for = alias_.find(belief.id());
      const std::size_t best = stands_for == alias_.end() ? i : stands_for->second.second;
      if (std::pair(rank(other), j) < std::pair(rank(nodes_[best]->belief), best)) {
        alias_[belief.id()] = {other.id(), j};
      }
    }
  }
}

NodeId ClusterView::Impl::stands_for(NodeId node) const {
  const auto found = alias_.find(node);
  return found == alias_.end() ? node : found->second.first;
}

KeySays ClusterView::Impl::key_says() const {
  KeySays key = board_.key(beliefs(), policy_.checks.expire, now_);
  key.node = stands_for(key.node);
  return key;
}

std::vector<Opinion> ClusterView::Impl::opinions() const {
  std::vector<Opinion> all = board_.opinions(beliefs(), policy_.checks.expire, now_);
  for (Opinion& opinion : all) opinion.node = stands_for(opinion.node);
  return all;
}

// ---- who is silent

bool ClusterView::Impl::is_askable(const Watched& node) const {
  return node.belief.refusal().empty() && node.belief.silences() == 0 && node.belief.is_fresh(now_);
}

void ClusterView::Impl::settle_second_opinions() {
  for (const auto& node : nodes_) {
    NodeBelief& belief = node->belief;
    // A leader that failed is asked after while only its REST API hangs. Where that is gone, somebody else's
    // PostgreSQL may answer at its address by now.
    const bool given_up = belief.has_failed() && !(belief.claimed_last() && belief.hangs());
    // In pause the opinion is there before the leader's last answer runs out: nobody waits.
    const bool in_pause = belief.silences() > 0 && leads_in_pause(*node);
    const bool is_silent = belief.has_fallen() || in_pause;
    if (!is_silent || given_up || !belief.newest() || !belief.refusal().empty()) {
      node->opinion.reset();
      continue;
    }
    SecondOpinionCase subject;
    subject.node = belief.id();
    subject.leads = uncut_leader_ == belief.id() || belief.has_failed();
    subject.claimed = belief.claimed_last();
    subject.name_is_certain = belief.name_is_certain();
    subject.in_pause = in_pause;
    subject.since = in_pause ? belief.silent_since() : belief.fallen_since();
    subject.last_led = node->last_led;
    subject.postgres = node->postgres;
    subject.key = key_says();
    subject.expire = policy_.checks.expire;
    subject.ttl = ttl_;
    subject.now = now_;
    for (const Opinion& opinion : opinions()) {
      if (opinion.giver != belief.id() && !is_alias(opinion.giver)) subject.opinions.push_back(opinion);
    }
    for (const auto& other : nodes_) {
      if (other != node && is_askable(*other)) subject.askable.push_back(other->belief.id());
    }
    node->opinion = second_opinion(subject);
    if (belief.has_failed() && node->opinion->outcome == SecondOpinion::Outcome::leads) {
      belief.set_failed(false);
      fact(FactKind::node_vouched, belief.name(),
           fmt::format("{} has not failed: {}", belief.name(), node->opinion->words));
    }
    if (belief.has_failed() || node->opinion->outcome != SecondOpinion::Outcome::failed) continue;
    belief.set_failed(true);
    node->failure =
        fmt::format("{} has failed: {}; {}", belief.name(), belief.silence_words(), node->opinion->words);
    fact(FactKind::node_failed, belief.name(), node->failure, true);
  }
}

}  // namespace tamada::router
