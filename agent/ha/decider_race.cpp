// The rows "race" and "found primary": from a cluster without a leader to the attempt to take the lock.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {
namespace {

constexpr Duration answers_limit = 2s;    // for all peers to answer, as in Patroni
constexpr Duration receiver_limit = 2s;   // for our WAL receiver to go
constexpr Duration votes_limit = 2s;      // for the receivers of other agents to go
constexpr Duration ask_pause = 100ms;     // between two questions to the same peers
constexpr Duration candidate_wait = 15s;  // for the node that somebody named, while it answers

}  // namespace

void Decider::Impl::end_race() {
  race_.reset();
}

// Until the next try, in a moment.
void Decider::Impl::call_off_race(const std::string& words) {
  because(words);
  if (words != last_veto_) tell(HaFactKind::race_vetoed, words);
  last_veto_ = words;
  race_not_before_ = now_ + 1s;
  wake_at(race_not_before_);
  race_.reset();
}

bool Decider::Impl::is_receiver_gone() const {
  return receiver_off_ && server_.kind == ServerKind::standby && server_.is_receiver_gone &&
         server_.as_of >= receiver_off_since_;
}

// Why this node may not even try. Empty: it may.
std::string Decider::Impl::own_veto() const {
  if (now_ < races_not_before_) return "etcd has lost what it knew, and a forgotten lock may still be held";
  if (guard_.is_missing && !cluster_.pause) return "my guard does not answer";
  if (!cluster_.unsupported.empty()) return cluster_.unsupported;
  if (store_->leader) return "there is a leader";
  if (server_.system_id.empty()) return "the system identifier is not known";
  if (store_->has_initialize && store_->initialize.empty()) return "somebody makes a new cluster";
  if (server_.kind == ServerKind::primary) return {};
  if (now_ < stands_back_until_ && somebody_could_lead()) return "I gave the lock up a moment ago";
  if (now_ < promotes_not_before_ && somebody_could_lead()) return "my promotion failed a moment ago";
  const bool is_asked = store_->failover.is_asked_for() && store_->failover.candidate == node_.name;
  if (node_.tags.nofailover && !is_asked) return "I am not allowed to promote";
  if (node_.tags.nofailover) return "nofailover";
  if (has_diverged() && !is_asked && somebody_could_lead()) return "I have what the last leader had not";
  const bool is_failover = is_asked && store_->failover.leader.empty();
  if (store_->sync.is_unreadable) return "/sync cannot be read";
  if (store_->sync.mod_revision != 0 && store_->sync.quorum > 0)
    return "/sync is of quorum mode, which is not supported yet";
  if (store_->sync.mod_revision != 0 && !store_->sync.leader.empty() && !store_->sync.names(node_.name) &&
      !is_failover) {
    return "/sync does not name me";
  }
  const std::optional<Lsn> position = server_.position();
  if (!position) return "my position is not known";
  if (!is_asked && store_->optime > *position + cluster_.maximum_lag_on_failover) {
    return "My wal position exceeds maximum replication lag";
  }
  if (cluster_.check_timeline &&
      (server_.timeline == 0 || server_.timeline < store_->last_history_timeline + 1)) {
    return "my timeline is older than the cluster's";
  }
  return {};
}

// Who must be asked: every member that was ever seen and can be asked, also one whose key has gone, and one that may not
// race itself: a primary among them vetoes all the same. But not one whose agent was ended in a pause.
std::set<std::string> Decider::Impl::rivals() const {
  std::set<std::string> names;
  for (const auto& [name, member] : last_members_) {
    if (name == node_.name || member.api_url.empty() || member.has_left) continue;
    names.insert(name);
  }
  return names;
}

void Decider::Impl::ask_all(const std::set<std::string>& peers) {
  for (const std::string& name : peers) {
    Asked& asked = asked_[name];
    if (!asked.is_answered && now_ < asked.at + answers_limit) continue;  // the question is on its way
    asked = Asked{now_, false, std::nullopt, asked.sent};
    order(AskPeer{name});
  }
}

// Those that have answered in this stage are not asked again: who answers fast would be asked without end while another one
// takes its time.
void Decider::Impl::ask_missing(const std::set<std::string>& peers) {
  std::set<std::string> missing;
  for (const std::string& name : peers) {
    if (!all_answered({name})) missing.insert(name);
  }
  ask_all(missing);
}

bool Decider::Impl::all_answered(const std::set<std::string>& peers) const {
  return std::all_of(peers.begin(), peers.end(), [this](const std::string& name) {
    const auto found = asked_.find(name);
    return found != asked_.end() && found->second.is_answered && found->second.sent >= race_->began;
  });
}

void Decider::Impl::race() {
  const std::string veto = own_veto();
  if (!veto.empty()) {
    because("following a different leader because " + veto);
    if (now_ < races_not_before_) wake_at(races_not_before_);
    if (now_ < stands_back_until_) wake_at(stands_back_until_);
    if (now_ < promotes_not_before_) wake_at(promotes_not_before_);
    return end_race();
  }
  if (now_ < race_not_before_) return wake_at(race_not_before_);
  const std::set<std::string> peers = rivals();
  if (!race_) {
    race_ = Race{Race::Stage::asking, now_, now_};
    if (std::exchange(told_vacancy_, vacancy_) != vacancy_) {
      tell(HaFactKind::race_begun,
           fmt::format("no leader since revision {}; asking {} peers", vacancy_, peers.size()));
    }
    ask_all(peers);
  }
  const bool is_over = all_answered(peers) || now_ >= race_->began + answers_limit;
  switch (race_->stage) {
    case Race::Stage::asking: {
      if (!is_over) {
        ask_missing(peers);
        return wake_at(race_->began + answers_limit);
      }
      std::map<std::string, PeerStatus> answers;
      for (const auto& [name, asked] : asked_) {
        if (asked.status && asked.sent >= race_->began) answers[name] = *asked.status;
      }
      if (const auto alive = primary_among(answers)) {
        return call_off_race(alive->words);
      }
      if (server_.kind == ServerKind::primary) {  // the cluster is adopted as it runs
        race_->stage = Race::Stage::acquiring;
        return acquire();
      }
      // A leader that went away in pause had no guard: while nobody knows what became of its server, a person has to decide.
      const bool is_wanted = store_->failover.is_asked_for() && store_->failover.leader.empty() &&
                             store_->failover.candidate == node_.name;
      if (is_vacant_since_pause_ && !is_wanted && !is_accounted_for(answers, peers)) {
        return call_off_race(
            fmt::format("{} led in a pause, or may have, does not answer, and may still take writes",
                        last_leader_.empty() ? "somebody" : last_leader_));
      }
      if (yields_to_candidate()) return;
      race_->stage = Race::Stage::stopping_receiver;
      race_->began = now_;
      if (!receiver_off_) {
        receiver_off_ = vacancy_;
        receiver_off_since_ = now_;
      }
      [[fallthrough]];
    }
    case Race::Stage::stopping_receiver:
      if (!is_receiver_gone()) {
        if (now_ < race_->began + receiver_limit) return wake_at(race_->began + receiver_limit);
        receiver_off_.reset();
        return call_off_race("my WAL receiver does not end");
      }
      race_->stage = Race::Stage::voting;
      race_->began = now_;
      race_->ask_again = now_;
      [[fallthrough]];
    case Race::Stage::voting:
      if (!is_receiver_gone()) return end_race();
      return count_votes(peers);
    case Race::Stage::acquiring:
      return acquire();
  }
}

void Decider::Impl::count_votes(const std::set<std::string>& peers) {
  const bool all = all_answered(peers);
  const bool is_late = now_ >= race_->began + votes_limit;
  if (!all && !is_late) {
    if (now_ >= race_->ask_again) {
      race_->ask_again = now_ + ask_pause;
      ask_missing(peers);
    }
    wake_at(race_->ask_again);
    return wake_at(race_->began + votes_limit);
  }
  RaceBallot ballot;
  ballot.tags = node_.tags;
  ballot.position = *server_.position();
  ballot.vacancy = vacancy_;
  if (store_->sync.mod_revision != 0) ballot.former_leader = store_->sync.leader;
  for (const std::string& name : peers) {
    const Asked& asked = asked_[name];
    if (!asked.status || asked.sent < race_->began) continue;
    ballot.answers[name] = *asked.status;
    // Who may not race in synchronous mode is no rival, however far it is.
    const bool is_rival = ballot.former_leader.empty() || store_->sync.names(name);
    if (!is_rival) ballot.answers[name].tags.nofailover = true;
  }
  RaceResult result = count(ballot, is_late);
  const bool is_asked = store_->failover.is_asked_for() && store_->failover.candidate == node_.name;
  if (is_asked && (result.kind == RaceResult::Kind::ahead || result.kind == RaceResult::Kind::preferred)) {
    result = {RaceResult::Kind::won, "somebody asked for this node"};
  }
  switch (result.kind) {
    case RaceResult::Kind::won:
      because(result.words);
      race_->stage = Race::Stage::acquiring;
      return acquire();
    case RaceResult::Kind::not_final:
      if (now_ >= race_->ask_again) {
        race_->ask_again = now_ + ask_pause;
        for (const std::string& name : peers) asked_[name].is_answered = true;
        ask_all(peers);
      }
      wake_at(race_->ask_again);
      return;
    case RaceResult::Kind::primary_alive:
    case RaceResult::Kind::ahead:
    case RaceResult::Kind::preferred:
      return call_off_race(result.words);
  }
}

// Whoever led when the pause began has answered; where nobody knows who it was, everybody has.
bool Decider::Impl::is_accounted_for(const std::map<std::string, PeerStatus>& answers,
                                     const std::set<std::string>& peers) const {
  const auto is_known = [&](const std::string& name) {
    const auto found = answers.find(name);
    return found != answers.end() && found->second.server != PeerStatus::Server::unknown;
  };
  if (!last_leader_.empty()) return last_leader_ == node_.name || is_known(last_leader_);
  return std::all_of(peers.begin(), peers.end(), is_known);
}

// A candidate that somebody named goes first, while it answers.
bool Decider::Impl::yields_to_candidate() {
  const FailoverView& failover = store_->failover;
  if (!failover.is_asked_for()) return false;
  if (!failover.candidate.empty() && failover.candidate != node_.name) {
    const auto found = asked_.find(failover.candidate);
    const bool is_fit =
        store_->sync.mod_revision == 0 || store_->sync.names(failover.candidate) || failover.leader.empty();
    if (is_fit && now_ < vacant_since_ + candidate_wait && found != asked_.end() && found->second.status &&
        found->second.status->position && found->second.sent >= race_->began) {
      call_off_race(fmt::format("waiting for {}, whom somebody named", failover.candidate));
      return true;
    }
  }
  if (failover.leader == node_.name && now_ < vacant_since_ + candidate_wait) {
    const bool anybody = std::any_of(asked_.begin(), asked_.end(), [this](const auto& one) {
      const Asked& asked = one.second;
      return asked.status && asked.sent >= race_->began && !asked.status->tags.nofailover &&
             asked.status->position && (store_->sync.mod_revision == 0 || store_->sync.names(one.first));
    });
    if (anybody) {
      call_off_race("waiting for another node to take over, as somebody asked for");
      return true;
    }
  }
  return false;
}

}  // namespace tamada::ha
