#include "agent/cluster/lock_state.h"

#include <algorithm>
#include <utility>

namespace tamada::agent {

void LockState::expect(std::int64_t lease, std::int64_t create_revision, std::int64_t next_lease) {
  *this = LockState(limit_);
  standing_ = Standing::unproven;
  lease_ = lease;
  create_revision_ = create_revision;
  next_lease_ = next_lease;
}

LockState::Look LockState::took(const etcd::ResponseHeader& header, TimePoint sent) {
  if (standing_ != Standing::unproven) return Look::not_mine;
  create_revision_ = mod_revision_ = header.revision;
  return prove(header, sent);
}

LockState::Look LockState::moved(const etcd::ResponseHeader& header, TimePoint sent) {
  if (next_lease_ == 0 || standing_ == Standing::lost) return Look::not_mine;
  lease_ = std::exchange(next_lease_, 0);
  answer_ = std::exchange(next_answer_, std::nullopt);
  // What was counted on the former lease says nothing of this one: until a renewal of this one counts, the smaller of
  // the two is believed, and nothing where this one has not been answered.
  const bool is_shorter =
      counted_ && answer_ && answer_->from + answer_->lasts < counted_->from + counted_->lasts;
  if (is_shorter || !answer_) counted_ = answer_;
  mod_revision_ = header.revision;
  return prove(header, sent);
}

void LockState::lease_answered(const etcd::LeaseReply& reply, TimePoint heard) {
  if (standing_ == Standing::none || standing_ == Standing::lost || reply.id == 0) return;
  if (reply.ttl <= 0) return lease_gone(reply.id);
  const Answer answer{reply.id, reply.header.cluster_id,        reply.header.raft_term, reply.as_of,
                      heard,    std::chrono::seconds(reply.ttl)};
  if (reply.id == lease_) answer_ = answer;
  if (reply.id == next_lease_) next_answer_ = answer;
}

void LockState::lease_gone(std::int64_t lease) {
  if (lease == 0) return;
  if (lease == lease_) return lose(Loss::lease_gone);
  if (lease == next_lease_) {
    next_lease_ = 0;
    next_answer_.reset();
  }
}

LockState::Look LockState::looked(const etcd::RangeReply& reply) {
  if (standing_ == Standing::none || standing_ == Standing::lost) return Look::not_mine;
  if (reply.kvs.empty()) {
    lose(Loss::key_gone);
    return Look::not_mine;
  }
  const etcd::KeyValue& key = reply.kvs.front();
  if (!is_mine(key)) {
    lose(Loss::key_foreign);
    return Look::not_mine;
  }
  create_revision_ = key.create_revision;
  mod_revision_ = key.mod_revision;
  if (key.lease != lease_) {
    moved(reply.header, reply.as_of);
    mod_revision_ = key.mod_revision;
    return Look::on_next;
  }
  return prove(reply.header, reply.as_of);
}

void LockState::seen(const std::optional<etcd::KeyValue>& key, std::int64_t revision) {
  // Before the key was made, or moved, there was another one, or none.
  const bool is_news = create_revision_ != 0 && revision > create_revision_ && revision >= mod_revision_;
  if (!is_news || standing_ == Standing::none || standing_ == Standing::lost) return;
  if (!key) return lose(Loss::key_gone);
  if (!is_mine(*key)) lose(Loss::key_foreign);
}

void LockState::give_up() {
  if (standing_ != Standing::none) lose(Loss::given_up);
}

TimePoint LockState::deadline() const {
  if (standing_ != Standing::held || !counted_) return {};
  return counted_->from + std::min(counted_->lasts, limit_);
}

bool LockState::is_mine(const etcd::KeyValue& key) const {
  const bool on_a_lease_of_mine = key.lease != 0 && (key.lease == lease_ || key.lease == next_lease_);
  return on_a_lease_of_mine && (create_revision_ == 0 || key.create_revision == create_revision_);
}

void LockState::lose(Loss why) {
  standing_ = Standing::lost;
  if (loss_ == Loss::none) loss_ = why;
  answer_.reset();
  next_answer_.reset();
  counted_.reset();
}

LockState::Look LockState::prove(const etcd::ResponseHeader& header, TimePoint sent) {
  if (!answer_) return Look::again;
  const bool same_term = header.raft_term == answer_->raft_term && header.cluster_id == answer_->cluster_id;
  if (!same_term || sent < answer_->heard) return Look::again;
  const TimePoint end = answer_->from + answer_->lasts;
  if (!counted_ || end > counted_->from + counted_->lasts) counted_ = answer_;
  answer_.reset();
  standing_ = Standing::held;
  return Look::counted;
}

}  // namespace tamada::agent
