// The turn of ClusterView::Impl, and its second half: who leads, whose write sessions end.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "router/cluster/cluster_view_impl.h"

namespace tamada::router {

Step ClusterView::Impl::settle(TimePoint now) {
  begin_turn(now);
  notice_standstill();
  settle_identity();
  tell_nodes();
  mark_aliases();
  settle_pause();
  settle_second_opinions();
  settle_election();
  settle_uncut_leader();
  settle_standstill();
  settle_leader();
  settle_planned();
  settle_read_sessions();
  publish();
  ask();
  plan_next_tick();
  return std::exchange(step_, {});
}

void ClusterView::Impl::begin_turn(TimePoint now) {
  now_ = now;
  if (look_closer_until_ && now_ >= *look_closer_until_) look_closer_until_.reset();
  before_ = told_;
  for (const auto& node : nodes_) node->before = node->told;
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
  if (!belief.refusal().empty()) {
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
    voter.claim_since = belief.fallen_since();
    voter.claim_sent = node.opinion->vouched_at;
    voter.timeline = belief.newest()->body.timeline;
    voter.words += ", but its PostgreSQL does";
  } else if (voter.stand == Stand::claims) {
    voter.claim_since = belief.claim_since();
    voter.claim_sent = belief.claim_sent();
  }
  voter.believed = election_.winner == voter.id && now_ < elected_until_ && !node.replaced;
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
      fact(change->kind, "", change->words);
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
    if (conflict != before_.conflict) fact(FactKind::claim_conflict, "", election_.reason, true);
  } else {
    conflict_since_.reset();
  }
  told_.conflict = std::move(conflict);
  told_.veto = election_.vetoed ? election_.reason : std::string{};
  if (!told_.veto.empty() && told_.veto != before_.veto) fact(FactKind::claim_vetoed, "", told_.veto, true);
}

// ---- whose write sessions end

void ClusterView::Impl::lose_leader(CutCause cause, const std::string& why) {
  const Watched* uncut = find(uncut_leader_);
  for (const ListenerPolicy& listener : policy_.listeners) {
    // A node that may still be writable keeps no session that was led to it as to a leader.
    const bool primary = uncut != nullptr && uncut->belief.newest() &&
                         uncut->belief.newest()->body.role == patroni::NodeRole::primary;
    const bool may_write = cause == CutCause::superseded && listener.may_read_from_leader() && primary;
    if (!listener.is_write() && !may_write) continue;
    ledger_.cut(listener.id, uncut_leader_, cause, why);
    for (NodeId was : uncut_also_as_) ledger_.cut(listener.id, was, cause, why);
  }
  for (ListenerId listener : retired_) {
    ledger_.cut(listener, uncut_leader_, cause, why);
    for (NodeId was : uncut_also_as_) ledger_.cut(listener, was, cause, why);
  }
  uncut_also_as_.clear();
  ledger_.break_here();
  broken_off_ = name_of(uncut_leader_);
  if (leader_ == uncut_leader_) leader_ = {};
  fact(FactKind::leader_lost, broken_off_, why, true);
  uncut_leader_ = {};
}

// The winner is the uncut leader's server under another name: nothing has to end.
bool ClusterView::Impl::hand_over() {
  const Watched* uncut = find(uncut_leader_);
  const Watched* winner = find(election_.winner);
  if (!uncut->belief.is_leaving() || !winner->belief.is_same_server(uncut->belief, now_)) return false;
  uncut_also_as_.push_back(uncut_leader_);
  if (leader_ == uncut_leader_) leader_ = {};
  uncut_leader_ = election_.winner;
  std::erase(uncut_also_as_, uncut_leader_);
  return true;
}

void ClusterView::Impl::settle_uncut_leader() {
  Watched* uncut = find(uncut_leader_);
  if (uncut == nullptr) return;
  const NodeBelief& belief = uncut->belief;
  if (uncut->replaced) {
    lose_leader(CutCause::refused, fmt::format("another node may answer for {} now: it {}",
                                               name_of(uncut_leader_), belief.replaced_words()));
  } else if (!belief.refusal().empty()) {
    lose_leader(CutCause::refused, fmt::format("{} {}", belief.name(), belief.refusal()));
  } else if (belief.newest() && belief.newest()->body.role != patroni::NodeRole::primary) {
    lose_leader(CutCause::demoted, fmt::format("{} is no longer primary: it says {}", belief.name(),
                                               belief.newest()->body.role_text));
  } else if (belief.has_failed()) {
    lose_leader(CutCause::failed, uncut->failure);
  } else if (election_.winner.is_set() && election_.winner != uncut_leader_ && !hand_over()) {
    lose_leader(CutCause::superseded,
                fmt::format("{} leads now: {}", name_of(election_.winner), election_.reason));
  }
}

// Nobody renewed the table in time: this process, or the machine, did not run. Meanwhile somebody else may
// have been promoted, while clients queued what they want written.
void ClusterView::Impl::notice_standstill() {
  const Duration gap = now_ - std::exchange(last_turn_, now_);
  const bool ran_out =
      published_ != nullptr && published_->good_until != TimePoint{} && now_ >= published_->good_until;
  if (!ran_out || !uncut_leader_.is_set()) return;
  stood_still_until_ = now_;
  fact(FactKind::router_stalled, name_of(uncut_leader_),
       fmt::format(
           "the router stood still for {:.1f} s: what clients send to {} waits until it is confirmed anew",
           static_cast<double>(to_ms(gap)) / 1000, name_of(uncut_leader_)),
       true);
}

void ClusterView::Impl::settle_standstill() {
  if (!stood_still_until_) return;
  const bool confirmed = election_.winner.is_set() && election_.winner == uncut_leader_ &&
                         elected_until_ - policy_.checks.expire >= *stood_still_until_;
  if (confirmed || !uncut_leader_.is_set()) stood_still_until_.reset();
}

void ClusterView::Impl::settle_leader() {
  const NodeId winner = election_.winner;
  const bool waits = winner.is_set() && winner != uncut_leader_ && !ledger_.is_broken_off();
  told_.waiting.clear();
  if (waits) {
    told_.waiting = fmt::format("{} is confirmed; waiting until every worker has closed the sessions on {}",
                                name_of(winner), broken_off_);
    if (told_.waiting != before_.waiting) fact(FactKind::leader_waiting, name_of(winner), told_.waiting);
  }

  const NodeId next = waits ? NodeId{} : winner;
  if (!next.is_set()) {
    if (no_leader_.empty()) leader_since_ = now_;
    const std::string& reason = waits ? told_.waiting : election_.reason;
    no_leader_ = "no leader: " + reason;
    if (leader_.is_set()) {
      step_.facts.push_back({FactKind::leader_unconfirmed, name_of(leader_), no_leader_, true, reason});
    }
    leader_ = {};
    return;
  }
  no_leader_.clear();
  leader_reason_ = election_.reason;
  told_.in_pause = election_.in_pause ? next : NodeId{};
  if (told_.in_pause.is_set() && told_.in_pause != before_.in_pause) {
    fact(FactKind::leader_in_pause, name_of(next), election_.reason, true);
  }
  if (next == leader_) return;
  // Its positions are those of a history of its own.
  if (next != positions_of_) positions_.forget();
  positions_of_ = next;
  leader_ = uncut_leader_ = next;
  leader_since_ = now_;
  const Watched* leader = find(next);
  if (leader->belief.newest() && leader->belief.newest()->body.location) {
    positions_.leader_is_at(*leader->belief.newest()->body.location, now_);
  }
  fact(FactKind::leader_confirmed, name_of(next), election_.reason);
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
  if (planned_.holds() && !held)
    look_closer_until_ = std::max(look_closer_until_.value_or(now_), *planned_.until());
}

}  // namespace tamada::router
