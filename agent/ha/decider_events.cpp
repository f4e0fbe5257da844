// What each event changes in what the decider knows. Orders follow in settle().
#include <fmt/format.h>

#include <algorithm>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {
namespace {

// Beyond its ttl, until a lease that nobody keeps alive has ended also in etcd, which may have changed its leader.
constexpr Duration left_lock_slack = 10s;

Duration backoff(int failures) {
  return std::min<Duration>(10s, std::chrono::seconds(1) * (1 << std::min(failures - 1, 4)));
}

}  // namespace

void Decider::Impl::take(const StoreView& view) {
  const bool is_remembered = !store_ && memory_.store_id != 0;
  if (is_remembered && (view.store_id != memory_.store_id || view.revision < memory_.revision)) {
    races_not_before_ = now_ + cluster_.ttl;
  }
  const bool is_anew = store_ && view.store_id != store_->store_id;
  if (store_ && !is_anew && view.revision >= store_->revision && view.as_of < store_->as_of) return;
  const bool went_back = store_ && (is_anew || view.revision < store_->revision);
  if (went_back && view.as_of <= store_->as_of) return;
  // A store that was wiped or restored may have forgotten a lock that is still held: whoever held it may go on until its
  // lease would have ended.
  if (went_back) {
    races_not_before_ = now_ + cluster_.ttl;
    written_revision_ = 0;
    vacancy_ = 0;
    end_race();
    receiver_off_.reset();
  }
  // How far this node has followed what happens in this store; 0: not at all.
  std::int64_t followed = 0;
  if (store_ && !went_back) followed = store_->revision;
  if (is_remembered && view.store_id == memory_.store_id) followed = memory_.revision;
  note_left_lock(view.leader);
  store_ = view;
  note_data(view);
  const bool is_claimed = view.has_initialize && view.initialize.empty();
  if (went_back || (view.revision >= claim_revision_ && !is_claimed)) has_claim_ = false;
  newest_seen_ = std::max(newest_seen_, view.newest_timeline);
  if (view.leader) {
    last_leader_ = view.leader->name;
    last_veto_.clear();
    is_vacant_since_pause_ = false;
    vacancy_ = 0;
    end_race();
    // Where the name is ours the lock may be, too: then nothing must be received any more before the promotion.
    if (view.leader->name != node_.name) receiver_off_.reset();
    const bool is_being_taken =
        lock_call_ == LockReport::Operation::acquire && view.leader->name == node_.name;
    if (!is_being_taken && (!held_ || view.leader->create_revision != held_->epoch))
      is_found_primary_ = false;
  } else if (vacancy_ == 0) {
    vacancy_ = view.revision;
    vacant_since_ = now_;
    // A leader arms its guard when it hears that the pause is over, and its member key says so. Where both the settings and
    // the leader changed while this node did not hear of anything, there may have been a pause.
    const bool may_have_been_paused = followed != 0 && view.config_revision > followed;
    // Whoever ended its agent in the pause, and the pause after that, answers for the server that was left behind.
    const auto leader = last_members_.find(last_leader_);
    const bool is_left = leader != last_members_.end() && leader->second.has_left;
    if (is_left) {
      tell(HaFactKind::race_begun,
           fmt::format("the agent of {} was ended in a pause; its PostgreSQL may go on and take writes",
                       last_leader_),
           true);
    }
    is_vacant_since_pause_ =
        !is_left && (cluster_.pause || may_have_been_paused ||
                     std::any_of(last_members_.begin(), last_members_.end(), [this](const auto& one) {
                       return one.second.is_paused && (last_leader_.empty() || one.first == last_leader_);
                     }));
  }
  for (const MemberView& member : view.members) last_members_[member.name] = member;
  if (held_ && view.revision >= held_->revision) {
    const bool is_there =
        view.leader && view.leader->create_revision == held_->epoch && view.leader->lease == held_->lease;
    if (!is_there) lost_lock("etcd shows the leader key without this node's lease");
  } else if (held_ && went_back) {
    lost_lock("etcd has gone back to an older revision");
  }
}

// An agent that came in a pause to a primary which it may take over, while the leader key is still that of a former run,
// or of Patroni. When that key has ended the server is as one that was found without a leader.
void Decider::Impl::note_left_lock(const std::optional<LeaderKeyView>& leader) {
  if (leader && is_found_primary_ && cluster_.pause && !held_ && leader->name == node_.name &&
      leader->lease != 0 && !left_lock_) {
    left_lock_ = LeftLock{*leader, now_ + cluster_.ttl + left_lock_slack};
  }
  if (!left_lock_) return;
  const bool is_same = leader && leader->lease == left_lock_->key.lease &&
                       leader->create_revision == left_lock_->key.create_revision;
  if (is_same && !held_) return;
  is_found_primary_ = !leader && !held_ && server_.kind == ServerKind::primary;
  left_lock_.reset();
}

void Decider::Impl::lost_lock(const std::string& words) {
  tell(HaFactKind::lock_lost, words, true);
  held_.reset();
  gives_up_ = false;
}

// A later view shows that what the answer says is not so any more: the answer was on its way meanwhile.
bool Decider::Impl::is_disproved(const LockReport& report) const {
  if (!store_ || report.revision >= store_->revision) return false;
  return !store_->leader || store_->leader->create_revision != report.epoch ||
         store_->leader->lease != report.lease;
}

void Decider::Impl::take(const ServerView& view) {
  if (view.as_of < server_.as_of) return;
  const ServerKind before = server_.kind;
  const std::uint64_t postmaster = server_.postmaster;
  const bool was_stalled = server_.is_stalled;
  const bool was_unreadable = server_.data == DataState::unknown;
  if (view.kind != before || view.postmaster != postmaster || view.is_stalled != was_stalled ||
      (view.data == DataState::unknown) != was_unreadable) {
    kind_since_ = now_;
  }
  server_ = view;
  const bool is_up = view.kind == ServerKind::standby || view.kind == ServerKind::primary;
  if (is_up && action_.kind == ActionKind::none) rejoins_in_pause_ = false;
  if (!has_seen_server_ && view.kind != ServerKind::unknown) {
    has_seen_server_ = true;
    is_found_primary_ = view.kind == ServerKind::primary && !held_;
  }
  has_told_server_ = has_told_server_ || view.kind == ServerKind::primary ||
                     view.kind == ServerKind::standby || view.kind == ServerKind::stopped;
  // Somebody else has started it, it does not say what it is, and its sessions may go on.
  if (view.kind == ServerKind::hung && !has_told_server_ && store_) may_write_ = true;
  if (view.kind == ServerKind::primary) {
    may_write_ = true;
  } else if (view.as_of >= may_write_since_ &&
             (view.kind == ServerKind::standby || view.kind == ServerKind::stopped) &&
             action_.kind != ActionKind::promote && action_.kind != ActionKind::start_primary &&
             action_.kind != ActionKind::restart) {
    may_write_ = false;
    is_found_primary_ = false;
  }
  // A process of it has crashed, and the postmaster has all others start anew.
  const bool starts_anew = before == ServerKind::primary && view.kind == ServerKind::starting &&
                           view.postmaster == postmaster && view.postmaster != 0;
  if (starts_anew && action_.kind == ActionKind::none) {
    tell(HaFactKind::crashed, "a process of PostgreSQL has crashed; it recovers", true);
    note_crash();
  }
  const bool was_up =
      before == ServerKind::primary || before == ServerKind::standby || before == ServerKind::starting;
  if (was_up && view.kind == ServerKind::stopped && action_.kind == ActionKind::none && !handover_) {
    tell(HaFactKind::crashed, "PostgreSQL has ended by itself", true);
    note_crash();
  }
}

void Decider::Impl::note_crash() {
  crashes_.push_back(now_);
  std::erase_if(crashes_, [this](TimePoint at) { return at + 10min < now_; });
}

void Decider::Impl::take(const LockReport& report) {
  if (report.operation != LockReport::Operation::adopted) lock_call_.reset();
  switch (report.outcome) {
    case LockReport::Outcome::held: {
      if (is_disproved(report)) {
        if (held_ && held_->epoch != report.epoch) return;  // of a lock of before
        race_not_before_ = now_ + 1s;
        end_race();
        return lost_lock("what proved the lock was older than what etcd shows");
      }
      const bool is_new = !held_ || held_->epoch != report.epoch;
      is_renewal_failing_ = false;
      // It may be sooner than what was believed: the key has moved to a shorter lease.
      const TimePoint until = report.valid_until;
      held_ = Held{report.epoch, report.lease, until, report.revision, true};
      renew_at_ =
          std::max(now_ + 1s, std::min(now_ + cluster_.loop_wait, until - 2 * cluster_.retry_timeout));
      errors_ = now_ > last_error_ + cluster_.loop_wait ? 0 : errors_;
      if (is_new) {
        gives_up_ = false;
        // They were of the former time as a leader.
        failures_.erase(ActionKind::start_primary);
        failures_.erase(ActionKind::start_standby);
        tell(HaFactKind::lock_taken,
             fmt::format("acquired session lock as a leader, epoch {}", report.epoch));
        end_race();
        is_found_primary_ = false;
      }
      return;
    }
    case LockReport::Outcome::not_held:
      if (report.operation == LockReport::Operation::acquire) {
        tell(HaFactKind::race_lost, "somebody else was quicker, or /sync has changed");
        race_not_before_ = now_ + 1s;
        end_race();
      } else if (held_ && (report.epoch == 0 || report.epoch == held_->epoch)) {
        if (report.operation == LockReport::Operation::renew) {
          tell(HaFactKind::lock_lost, "etcd says that the lock is not this node's any more", true);
        }
        held_.reset();
        gives_up_ = false;
      }
      // What stands there now, a view of an earlier revision does not know.
      written_revision_ = std::max(written_revision_, report.revision);
      written_at_ = now_;
      return;
    case LockReport::Outcome::cannot_know:
      if (report.operation == LockReport::Operation::adopted) {
        // Until it is proved it counts as long as the guard's deadline, or a moment.
        held_ = Held{report.epoch, report.lease, std::max(report.valid_until, now_ + offline_lead()),
                     report.revision, false};
        is_sync_in_doubt_ = true;
        is_found_primary_ = false;
      } else if (report.operation == LockReport::Operation::acquire) {
        race_not_before_ = now_ + 1s;
        end_race();
      } else {
        if (report.operation == LockReport::Operation::renew) {
          if (!std::exchange(is_renewal_failing_, true)) {
            tell(HaFactKind::lock_not_renewed, "etcd did not prove the lock", true);
          }
        }
        renew_at_ = now_ + 1s;
        release_not_before_ = now_ + 500ms;
      }
      return;
  }
}

void Decider::Impl::take(const PeerAnswer& answer) {
  const auto found = asked_.find(answer.name);
  if (found == asked_.end()) return;
  Asked& asked = found->second;
  if (answer.sent < asked.sent) return;
  asked.sent = answer.sent;
  asked.is_answered = true;
  asked.status = answer.status;
}

void Decider::Impl::take(const GuardReport& report) {
  const bool fired = report.has_fired && !(guard_.has_fired && guard_.epoch == report.epoch);
  if (report.is_missing != guard_.is_missing) {
    std::string words = "the guard answers again";
    if (report.is_missing && cluster_.pause)
      words = "the guard does not answer; in a pause nobody is demoted for that";
    if (report.is_missing && !cluster_.pause)
      words = "the guard does not answer; without it no lock is kept, nor taken";
    tell(HaFactKind::guard_missing, std::move(words), report.is_missing);
  }
  guard_ = report;
  if (fired) {
    tell(HaFactKind::guard_fired, "the lock was not renewed in time; the guard has ended PostgreSQL", true);
    may_write_since_ = now_;
  }
}

void Decider::Impl::take(const ActionEnded& ended) {
  if (ended.id != action_.id || action_.kind == ActionKind::none) return;
  const Action action = std::exchange(action_, Action{});
  is_cancelling_ = false;
  const bool is_done = ended.result.outcome == ActionResult::Outcome::done;
  std::string words = fmt::format("{} {}", name_of(action.kind), is_done ? "done" : "failed");
  if (!ended.result.words.empty()) words += ": " + ended.result.words;
  tell(HaFactKind::action_ended, std::move(words), !is_done);
  // What the server is now must be looked at anew; until then nothing is concluded from an old look.
  server_.kind = ServerKind::unknown;
  kind_since_ = now_;
  server_.as_of = now_;
  may_write_since_ = now_;
  action_ended_at_ = now_;
  if (is_done) {
    failures_.erase(action.kind);
    action_done(action, ended.result);
  } else {
    // What was called off has not failed.
    int& failures = failures_[action.kind];
    if (ended.result.outcome == ActionResult::Outcome::failed) ++failures;
    retry_at_[action.kind] = now_ + backoff(std::max(1, failures));
    action_failed(action, ended.result);
  }
}

void Decider::Impl::action_done(const Action& action, const ActionResult& result) {
  switch (action.kind) {
    case ActionKind::bootstrap:
      is_bootstrapping_ = true;
      break;
    case ActionKind::set_aside:
      end_bootstrap();
      break;
    case ActionKind::promote:
      tell(HaFactKind::promoted, "promoted self to leader by acquiring session lock");
      rejoin_ = {};
      break;
    case ActionKind::clone:
    case ActionKind::rewind:
      rejoin_.state = Rejoin::fits;
      break;
    case ActionKind::recover_alone:
      rejoin_.has_recovered_alone = true;
      break;
    case ActionKind::check_divergence:
      if (result.divergence == Divergence::none) rejoin_.state = Rejoin::fits;
      if (result.divergence == Divergence::diverged) diverged();
      if (result.divergence == Divergence::cannot_know) retry_at_[action.kind] = now_ + 1s;
      break;
    default:
      break;
  }
}

void Decider::Impl::action_failed(const Action& action, const ActionResult& result) {
  if (action.kind == ActionKind::bootstrap) has_claim_ = false;
  // Others may do better, as with Patroni. In a pause a person has asked for it, and sees what came of it.
  if (action.kind == ActionKind::promote && result.outcome == ActionResult::Outcome::failed &&
      !cluster_.pause && held_) {
    gives_up_ = true;
    promotes_not_before_ = now_ + cluster_.ttl;
    tell(HaFactKind::promotion_failed,
         "the promotion failed, so the lock is given up; this node does not race for a ttl if others could "
         "lead",
         true);
  }
  if (action.kind == ActionKind::rewind && result.outcome == ActionResult::Outcome::failed &&
      failures_[action.kind] >= 3) {
    rejoin_.state = cluster_.remove_data_on_rewind_failure ? Rejoin::must_clone : Rejoin::stuck;
    tell(HaFactKind::rejoin_failed, "pg_rewind failed: " + result.words, true);
  }
}

void Decider::Impl::take(const WriteEnded& ended) {
  const bool is_done = ended.outcome == WriteEnded::Outcome::done;
  if (ended.outcome != WriteEnded::Outcome::cannot_know) {
    written_revision_ = std::max(written_revision_, ended.revision);
    written_at_ = now_;
  }
  if (sync_write_ == ended.id) {
    sync_write_.reset();
    is_sync_in_doubt_ = ended.outcome == WriteEnded::Outcome::cannot_know;
  }
  if (timeline_write_ == ended.id) timeline_write_.reset();
  if (failover_write_ == ended.id) failover_write_.reset();
  if (claim_write_ == ended.id) {
    claim_write_.reset();
    has_claim_ = is_done;
    claim_revision_ = ended.revision;
  }
  if (initialize_write_ == ended.id) initialize_write_.reset();
}

}  // namespace tamada::ha
