// The turn of ClusterView::Impl: who belongs, who is silent, who leads, whose sessions end.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "router/core/cluster_view_impl.h"

namespace tamada::router {

Step ClusterView::Impl::settle(TimePoint now) {
  now_ = now;
  if (smell_until_ && now_ >= *smell_until_) smell_until_.reset();
  notice_standstill();
  settle_identity();
  tell_nodes();
  mark_aliases();
  settle_pause();
  settle_second_opinions();
  settle_election();
  settle_holder();
  settle_standstill();
  settle_leader();
  settle_planned();
  settle_read_sessions();
  publish();
  ask();
  plan_next_tick();
  return std::exchange(step_, {});
}

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

void ClusterView::Impl::fact(std::string event, std::string node, std::string words, bool warning) {
  step_.facts.push_back({std::move(event), std::move(node), std::move(words), warning});
}

void ClusterView::Impl::cut_everywhere(const Watched& node, CutCause cause, const std::string& why) {
  for (const ListenerPolicy& listener : policy_.listeners)
    ledger_.cut(listener.id, node.belief.id(), cause, why);
  for (ListenerId listener : retired_) ledger_.cut(listener, node.belief.id(), cause, why);
}

// ---- who belongs

void ClusterView::Impl::settle_identity() {
  if (auto change = identity_.settle(beliefs(), now_))
    fact(change->event, "", change->words, change->event != "cluster.learned");
  if (identity_.dispute() != told_dispute_) {
    told_dispute_ = identity_.dispute();
    if (!told_dispute_.empty()) {
      fact("cluster.dispute", "",
           told_dispute_ + ": nobody is offered; set cluster.name or cluster.system_id", true);
    }
  }
  for (const auto& node : nodes_) {
    NodeBelief& belief = node->belief;
    std::string refusal = identity_.refusal(belief);
    if (refusal.empty() == belief.refusal.empty()) {
      belief.refusal = std::move(refusal);
      continue;
    }
    belief.refusal = std::move(refusal);
    if (belief.refusal.empty()) {
      fact("node.accepted", belief.name(), belief.name() + " belongs to the cluster");
      continue;
    }
    fact("node.refused", belief.name(), fmt::format("{} {}", belief.name(), belief.refusal), true);
    cut_everywhere(*node, CutCause::refused, fmt::format("{} {}", belief.name(), belief.refusal));
  }
}

// Facts about single nodes, once per change.
void ClusterView::Impl::tell_nodes() {
  for (const auto& node : nodes_) {
    const NodeBelief& belief = node->belief;
    if (node->recycled) {
      const std::string was = node->told_name.empty() ? belief.policy().name : node->told_name;
      std::string words =
          was == belief.name()
              ? fmt::format("{} {}: sessions to the old one end", was, belief.recycled_words())
              : fmt::format("{} answers where {} was: sessions to the old one end", belief.name(), was);
      cut_everywhere(*node, CutCause::refused, words);
      fact("node.recycled", belief.name(), std::move(words), true);
    } else if (!node->told_name.empty() && node->told_name != belief.name()) {
      fact("node.name", belief.name(), fmt::format("{} calls itself {}", node->told_name, belief.name()));
    }
    node->told_name = belief.name();

    if (belief.has_fallen() && !node->told_silent) {
      node->told_silent = true;
      fact("node.silent", belief.name(),
           fmt::format("{} does not answer: {}", belief.name(), belief.silence_words()), true);
    } else if (node->told_silent && belief.silences() == 0) {
      node->told_silent = false;
      fact("node.back", belief.name(), belief.name() + " answers again");
    }
    if (!belief.newest()) continue;
    const wire::NodeStatus& body = belief.newest()->body;
    std::string face = fmt::format("{}, {}", body.role_text, body.state);
    if (body.timeline) face += fmt::format(", timeline {}", *body.timeline);
    if (face == node->told_face) continue;
    fact("node.role", belief.name(),
         node->told_face.empty() ? fmt::format("{}: {}", belief.name(), face)
                                 : fmt::format("{}: {}; was {}", belief.name(), face, node->told_face));
    node->told_face = std::move(face);
  }
}

// Two configured places may reach one and the same node; one of them stands for it.
void ClusterView::Impl::mark_aliases() {
  alias_.clear();
  const auto rank = [&](const NodeBelief& belief) {
    return std::tuple(belief.leaving, belief.id() != holder_, belief.name() != belief.policy().name);
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const NodeBelief& belief = nodes_[i]->belief;
    for (std::size_t j = 0; j < nodes_.size(); ++j) {
      const NodeBelief& other = nodes_[j]->belief;
      if (i == j || !other.is_fresh(now_) || !other.refusal.empty() || !belief.is_same_node(other)) continue;
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
  return node.belief.refusal.empty() && node.belief.silences() == 0 && node.belief.is_fresh(now_);
}

void ClusterView::Impl::settle_second_opinions() {
  for (const auto& node : nodes_) {
    NodeBelief& belief = node->belief;
    // A leader that failed is asked after while only its REST API hangs. Where that is gone, somebody else's
    // PostgreSQL may answer at its address by now.
    const bool given_up = belief.failed && !(belief.claimed_last() && belief.hangs());
    // In pause the opinion is there before the leader's last answer runs out: nobody waits.
    const bool in_pause = belief.silences() > 0 && leads_in_pause(*node);
    const bool is_silent = belief.has_fallen() || in_pause;
    if (!is_silent || given_up || !belief.newest() || !belief.refusal.empty()) {
      node->opinion.reset();
      continue;
    }
    SecondOpinionCase subject;
    subject.node = belief.id();
    subject.leads = holder_ == belief.id() || belief.failed;
    subject.claimed = belief.claimed_last();
    subject.name_is_certain = belief.name_is_certain();
    subject.in_pause = in_pause;
    subject.since = in_pause ? belief.silent_since() : belief.fallen_since;
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
    if (belief.failed && node->opinion->outcome == SecondOpinion::Outcome::leads) {
      belief.failed = false;
      fact("node.vouched", belief.name(),
           fmt::format("{} has not failed: {}", belief.name(), node->opinion->words));
    }
    if (belief.failed || node->opinion->outcome != SecondOpinion::Outcome::failed) continue;
    belief.failed = true;
    node->failure =
        fmt::format("{} has failed: {}; {}", belief.name(), belief.silence_words(), node->opinion->words);
    fact("node.failed", belief.name(), node->failure, true);
  }
}

// ---- who leads

Voter ClusterView::Impl::voter_of(const Watched& node) const {
  const NodeBelief& belief = node.belief;
  Voter voter;
  voter.id = belief.id();
  voter.name = belief.name();
  voter.name_is_certain = belief.name_is_certain();
  voter.words = belief.words(now_);
  voter.stand = belief.stand(now_);
  voter.refused_at = belief.refused_at();
  if (belief.silences() > 0) voter.silent_since = belief.silent_since();
  if (belief.is_fresh(now_)) {
    voter.stand_sent = belief.newest()->sent;
    voter.timeline = belief.newest()->body.timeline;
  }
  if (!belief.refusal.empty()) {
    voter.foreign = true;
    if (voter.stand != Stand::unheard) voter.stand = Stand::no;
    voter.timeline.reset();
    return voter;
  }
  const bool vouched = node.opinion && node.opinion->outcome == SecondOpinion::Outcome::leads;
  const bool in_pause = voter.stand != Stand::claims && leads_in_pause(node);
  if (in_pause) {
    stay_in_pause(node, voter);
  } else if (vouched && belief.has_fallen()) {
    voter.stand = Stand::claims;
    voter.vouched = true;
    voter.claim_since = belief.fallen_since;
    voter.claim_sent = node.opinion->vouched_at;
    voter.timeline = belief.newest()->body.timeline;
    voter.words += ", but its PostgreSQL does";
  } else if (voter.stand == Stand::claims) {
    voter.claim_since = belief.claim_since();
    voter.claim_sent = belief.claim_sent();
  }
  voter.believed = election_.winner == voter.id && now_ < elected_until_ && !node.recycled;
  return voter;
}

void ClusterView::Impl::settle_election() {
  Ballot ballot;
  ballot.now = now_;
  ballot.timeout = policy_.checks.timeout;
  ballot.key = key_says();
  ballot.opinions = opinions();
  ballot.conflict_since = conflict_since_;
  ballot.contradicted_since = contradicted_since_;
  for (const auto& node : nodes_) {
    if (!is_alias(node->belief.id())) ballot.voters.push_back(voter_of(*node));
  }
  Election election = elect(ballot);
  Watched* winner = find(election.winner);
  if (winner != nullptr && identity_.is_open()) {
    std::optional<ClusterIdentity::Change> change;
    if (election.by_naming) change = identity_.vouched(winner->belief, beliefs(), now_);
    if (change) {
      fact(change->event, "", change->words);
    } else {
      election.reason =
          identity_.dispute().empty()
              ? winner->belief.name() + " claims to lead, but not every node was asked for its identity yet"
              : identity_.dispute();
      election.winner = {};
      winner = nullptr;
    }
  }
  election_ = std::move(election);
  if (winner != nullptr) {
    const auto voter = std::find_if(ballot.voters.begin(), ballot.voters.end(),
                                    [&](const Voter& one) { return one.id == election_.winner; });
    elected_until_ = voter->claim_sent + policy_.checks.expire;
    // In pause nobody holds the lock: once that is over, somebody else may be promoted at once.
    if (!election_.in_pause) winner->last_led = std::max(winner->last_led, voter->claim_sent);
  }

  if (!election_.contradicted) {
    contradicted_since_.reset();
  } else if (!contradicted_since_) {
    contradicted_since_ = now_;
  }

  std::string conflict;
  if (election_.conflict) {
    if (!conflict_since_) conflict_since_ = now_;
    for (const Voter& voter : ballot.voters) {
      if (voter.stand == Stand::claims) conflict += voter.name + " ";
    }
    if (conflict != told_conflict_) fact("claim.conflict", "", election_.reason, true);
  } else {
    conflict_since_.reset();
  }
  told_conflict_ = std::move(conflict);
  const std::string veto = election_.vetoed ? election_.reason : std::string{};
  if (!veto.empty() && veto != told_veto_) fact("claim.vetoed", "", veto, true);
  told_veto_ = veto;
}

// ---- whose write sessions end

void ClusterView::Impl::lose_holder(CutCause cause, const std::string& why) {
  const Watched* holder = find(holder_);
  for (const ListenerPolicy& listener : policy_.listeners) {
    // A node that may still be writable keeps no session that was led to it as to a leader.
    const bool primary = holder != nullptr && holder->belief.newest() &&
                         holder->belief.newest()->body.role == wire::NodeRole::primary;
    const bool may_write = cause == CutCause::superseded && listener.may_read_from_leader() && primary;
    if (!listener.is_write() && !may_write) continue;
    ledger_.cut(listener.id, holder_, cause, why);
    for (NodeId was : holder_was_) ledger_.cut(listener.id, was, cause, why);
  }
  for (ListenerId listener : retired_) {
    ledger_.cut(listener, holder_, cause, why);
    for (NodeId was : holder_was_) ledger_.cut(listener, was, cause, why);
  }
  holder_was_.clear();
  ledger_.break_here();
  broken_off_ = name_of(holder_);
  if (leader_ == holder_) leader_ = {};
  fact("leader.lost", broken_off_, why, true);
  holder_ = {};
}

// The winner is the holder's server under another name: nothing has to end.
bool ClusterView::Impl::hand_over() {
  const Watched* holder = find(holder_);
  const Watched* winner = find(election_.winner);
  if (!holder->belief.leaving || !winner->belief.is_same_server(holder->belief, now_)) return false;
  holder_was_.push_back(holder_);
  if (leader_ == holder_) leader_ = {};
  holder_ = election_.winner;
  std::erase(holder_was_, holder_);
  return true;
}

void ClusterView::Impl::settle_holder() {
  Watched* holder = find(holder_);
  if (holder == nullptr) return;
  const NodeBelief& belief = holder->belief;
  if (holder->recycled) {
    lose_holder(CutCause::refused, fmt::format("another node may answer for {} now: it {}", name_of(holder_),
                                               belief.recycled_words()));
  } else if (!belief.refusal.empty()) {
    lose_holder(CutCause::refused, fmt::format("{} {}", belief.name(), belief.refusal));
  } else if (belief.newest() && belief.newest()->body.role != wire::NodeRole::primary) {
    lose_holder(CutCause::demoted, fmt::format("{} is no longer primary: it says {}", belief.name(),
                                               belief.newest()->body.role_text));
  } else if (belief.failed) {
    lose_holder(CutCause::failed, holder->failure);
  } else if (election_.winner.is_set() && election_.winner != holder_ && !hand_over()) {
    lose_holder(CutCause::superseded,
                fmt::format("{} leads now: {}", name_of(election_.winner), election_.reason));
  }
}

// Nobody renewed the table in time: this process, or the machine, did not run. Meanwhile somebody else may
// have been promoted, while clients queued what they want written.
void ClusterView::Impl::notice_standstill() {
  const Duration gap = now_ - std::exchange(last_turn_, now_);
  const bool ran_out =
      published_ != nullptr && published_->good_until != TimePoint{} && now_ >= published_->good_until;
  if (!ran_out || !holder_.is_set()) return;
  stood_still_until_ = now_;
  fact("router.stalled", name_of(holder_),
       fmt::format(
           "the router stood still for {:.1f} s: what clients send to {} waits until it is confirmed anew",
           static_cast<double>(to_ms(gap)) / 1000, name_of(holder_)),
       true);
}

void ClusterView::Impl::settle_standstill() {
  if (!stood_still_until_) return;
  const bool confirmed = election_.winner.is_set() && election_.winner == holder_ &&
                         elected_until_ - policy_.checks.expire >= *stood_still_until_;
  if (confirmed || !holder_.is_set()) stood_still_until_.reset();
}

void ClusterView::Impl::settle_leader() {
  const NodeId winner = election_.winner;
  const bool waits = winner.is_set() && winner != holder_ && !ledger_.is_broken_off();
  std::string waiting;
  if (waits) {
    waiting = fmt::format("{} is confirmed; waiting until every worker has closed the sessions on {}",
                          name_of(winner), broken_off_);
    if (waiting != told_waiting_) fact("leader.waiting", name_of(winner), waiting);
  }
  told_waiting_ = waiting;

  const NodeId next = waits ? NodeId{} : winner;
  if (!next.is_set()) {
    if (no_leader_.empty()) leader_since_ = now_;
    no_leader_ = fmt::format("no leader: {}", waits ? waiting : election_.reason);
    if (leader_.is_set()) fact("leader.unconfirmed", name_of(leader_), no_leader_, true);
    leader_ = {};
    return;
  }
  no_leader_.clear();
  leader_reason_ = election_.reason;
  const NodeId in_pause = election_.in_pause ? next : NodeId{};
  if (in_pause.is_set() && in_pause != told_in_pause_) {
    fact("leader.in_pause", name_of(next), election_.reason, true);
  }
  told_in_pause_ = in_pause;
  if (next == leader_) return;
  // Its positions are those of a history of its own.
  if (next != positions_of_) positions_.forget();
  positions_of_ = next;
  leader_ = holder_ = next;
  leader_since_ = now_;
  const Watched* leader = find(next);
  if (leader->belief.newest() && leader->belief.newest()->body.location) {
    positions_.leader_is_at(*leader->belief.newest()->body.location, now_);
  }
  fact("leader.confirmed", name_of(next), election_.reason);
}

void ClusterView::Impl::settle_planned() {
  const PlannedChange* change = planned_.change();
  if (change == nullptr) return;
  const auto node_of = [&](const std::optional<std::string>& name) {
    return name ? stands_for(OpinionBoard::node_called(*name, beliefs(), now_)) : NodeId{};
  };
  PlannedHold::Belief belief;
  belief.from = node_of(change->from);
  belief.to = node_of(change->to);
  if (const Watched* leader = find(leader_)) {
    belief.leader = leader_;
    belief.leader_name = leader->belief.name();
    if (leader->belief.claims(now_)) belief.leads_as_of = leader->belief.claim_sent();
  }
  const bool held = planned_.holds();
  if (std::optional<Fact> told = planned_.settle(belief, now_)) step_.facts.push_back(*std::move(told));
  if (planned_.holds() && !held) smell_until_ = std::max(smell_until_.value_or(now_), *planned_.until());
}

}  // namespace tamada::router
