// The members: who hears whom, who leads, and what faults do to that.
#include <algorithm>
#include <utility>

#include "tests/simulation/etcd/etcd_model.h"
#include "tests/simulation/etcd/etcd_model_impl.h"

namespace tamada::simulation {

bool EtcdModel::is_in(const Member& member) const {
  return member.state == Member::State::running && member.joined;
}

bool EtcdModel::is_leader(const Member& member) const {
  return leader_ == member.index;
}

bool EtcdModel::has_majority() const {
  const auto in =
      std::count_if(members_.begin(), members_.end(), [this](const auto& one) { return is_in(*one); });
  return static_cast<std::size_t>(in) * 2 > members_.size();
}

bool EtcdModel::leader_is_in() const {
  return leader_ && is_in(*members_[*leader_]);
}

bool EtcdModel::is_serving() const {
  return leader_is_in() && has_majority();
}

bool EtcdModel::is_running(std::size_t member) const {
  return members_.at(member)->state == Member::State::running;
}

// --- coming and going

void EtcdModel::leave(Member& member) {
  scheduler_.cancel(member.joining);
  if (!std::exchange(member.joined, false)) return;
  if (!member.known) {
    member.known = store_;
    member.known_log = log_;
    member.known_term = term_;
  }
  if (is_leader(member)) {
    member.believes_to_lead = true;
    member.believed_ends = lease_ends_;
  }
  settle();
}

void EtcdModel::join_after(Member& member, Duration delay) {
  scheduler_.cancel(member.joining);
  member.joining = scheduler_.after(delay, [this, &member] { join(member); });
}

void EtcdModel::join(Member& member) {
  member.joined = true;
  scheduler_.cancel(member.doubt);
  const bool believed = std::exchange(member.believes_to_lead, false);
  if (believed && is_leader(member)) {
    // Nobody has noticed; what it has answered meanwhile holds.
    lease_ends_ = std::move(member.believed_ends);
  } else if (believed && options_.old_leader_revokes && is_serving()) {
    revoke_from_belief(member);
  }
  if (std::exchange(member.disrupts, false) && is_serving()) {
    leader_.reset();
    elect_after(10ms, options_.election_timeout);
  }
  settle();
}

// A leader that hears no majority steps down after an election timeout or two (raft's CheckQuorum).
void EtcdModel::doubt_after_a_while(Member& member) {
  if (!member.believes_to_lead) return;
  scheduler_.cancel(member.doubt);
  member.doubt = scheduler_.after(random_.between(options_.election_timeout, 2 * options_.election_timeout),
                                  [&member] { member.believes_to_lead = false; });
}

void EtcdModel::freeze(std::size_t index, FrozenClock clock) {
  Member& member = *members_.at(index);
  if (member.state != Member::State::running) return;
  scheduler_.cancel(member.doubt);
  leave(member);
  member.state = Member::State::frozen;
  member.clock = clock;
  member.frozen_at = scheduler_.now();
}

void EtcdModel::thaw(std::size_t index, Duration learns_after) {
  Member& member = *members_.at(index);
  if (member.state != Member::State::frozen) return;
  member.state = Member::State::running;
  if (member.clock == FrozenClock::stands_still) {
    for (auto& [id, end] : member.believed_ends) end += scheduler_.now() - member.frozen_at;
  }
  doubt_after_a_while(member);
  work_off(member);
  tell_watches_of(member);
  if (!member.cut_off) join_after(member, learns_after);
}

void EtcdModel::kill(std::size_t index) {
  Member& member = *members_.at(index);
  if (member.state == Member::State::killed) return;
  scheduler_.cancel(member.doubt);
  leave(member);
  member.state = Member::State::killed;
  ++member.life;
  member.believes_to_lead = false;
  member.disrupts = false;
  reset_all(member);
  break_watches_of(member);
}

void EtcdModel::start(std::size_t index, Duration learns_after) {
  Member& member = *members_.at(index);
  if (member.state != Member::State::killed) return;
  member.state = Member::State::running;
  member.cut_at = scheduler_.now();
  if (!member.cut_off) join_after(member, learns_after);
}

void EtcdModel::cut_off(std::size_t index) {
  Member& member = *members_.at(index);
  if (std::exchange(member.cut_off, true)) return;
  member.cut_at = scheduler_.now();
  leave(member);
  if (member.state == Member::State::running) doubt_after_a_while(member);
}

void EtcdModel::heal(std::size_t index, Duration learns_after) {
  Member& member = *members_.at(index);
  if (!std::exchange(member.cut_off, false) || member.state != Member::State::running) return;
  member.disrupts = !options_.pre_vote && scheduler_.now() - member.cut_at > options_.election_timeout;
  join_after(member, learns_after);
}

// --- who leads

void EtcdModel::settle() {
  if (!is_serving()) {
    if (!scheduler_.is_pending(election_))
      elect_after(options_.election_timeout, 2 * options_.election_timeout);
    return;
  }
  scheduler_.cancel(election_);
  catch_up();
}

void EtcdModel::elect_after(Duration least, Duration most) {
  scheduler_.cancel(election_);
  election_ = scheduler_.after(random_.between(least, most), [this] { hold_election(); });
}

void EtcdModel::hold_election() {
  if (is_serving()) return;
  leader_.reset();
  // Without a majority there is nothing to elect; whoever joins next asks again.
  if (!has_majority()) return;
  // Only who has all that was agreed on can win. One of each majority has.
  std::vector<std::size_t> candidates;
  for (const auto& member : members_) {
    if (is_in(*member) && (!member->known || member->known_log == log_)) candidates.push_back(member->index);
  }
  if (!candidates.empty()) become_leader(random_.pick(candidates));
}

void EtcdModel::become_leader(std::size_t index) {
  leader_ = index;
  term_ += 1 + random_.below(2);
  leading_since_ = scheduler_.now();
  renew_all_leases();
  scheduler_.cancel(election_);
  catch_up();
}

void EtcdModel::catch_up() {
  for (const auto& member : members_) {
    if (is_in(*member)) member->known.reset();
  }
  arm_lease_check();
  tell_watches();
  work_off_all();
}

void EtcdModel::change_leader() {
  if (!is_serving()) return;
  leader_.reset();
  elect_after(10ms, options_.election_timeout);
}

// --- other data

void EtcdModel::wipe() {
  start_anew({});
}

void EtcdModel::restore(const EtcdStore& backup, bool same_id) {
  if (!same_id) ++cluster_id_;
  start_anew(backup);
}

void EtcdModel::start_anew(EtcdStore store) {
  for (const auto& member : members_) {
    scheduler_.cancel(member->joining);
    scheduler_.cancel(member->doubt);
    reset_all(*member);
    break_watches_of(*member);
    Member fresh;
    fresh.index = member->index;
    fresh.life = member->life + 1;
    *member = std::move(fresh);
  }
  store_ = std::move(store);
  term_ = 1;
  leader_.reset();
  lease_ends_.clear();
  elect_after(options_.election_timeout, 2 * options_.election_timeout);
}

}  // namespace tamada::simulation
