// LockState: what the holder of the leader key may believe of it. Pure; lock_keeper.h asks the questions.
//
// Mine is the key whose lease and create revision this object knows; the name in it is never looked at. A renewal
// counts when two things were answered in this order: the lease (granted or kept alive, with time left), and then a
// linearizable look at the key, sent after that answer came, that shows the key as mine in the same raft term. (An etcd
// leader that was frozen answers keep-alives that nobody else saw; it cannot answer such a look.) It then counts from
// before the first of the two was sent, for the smaller of what was granted and what was asked.
//
// What it cannot know: after the deadline, whether the key is still there. So the deadline is the moment at which nothing
// may be written any more, not one at which somebody else is certain to lead.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/time.h"
#include "common/etcd/values.h"

namespace tamada::agent {

class LockState {
 public:
  enum class Standing {
    none,      // no lock, and nothing under way that could make one
    unproven,  // it may be mine: a record of an earlier run, a transaction without an answer
    held,      // it was mine when this was last proven: until deadline()
    lost,      // it is not mine any more; loss() says why
  };
  enum class Loss {
    none,
    lease_gone,   // etcd does not have the lease (any more)
    key_gone,     // there is no leader key
    key_foreign,  // it is another one
    given_up,     // by this node's own will, from the moment at which that was asked for
  };
  // What a look at the key has shown.
  enum class Look {
    counted,   // the renewal counts
    again,     // it proves nothing: another raft term, or it was not sent after the lease's answer
    on_next,   // mine, on the lease that it was being moved to: that one is now the lock's
    not_mine,  // lost
  };

  // `ttl`: what is asked for, at least 1 s.
  explicit LockState(std::chrono::seconds ttl) : limit_(ttl) {}

  // A lock that may be mine. `create_revision` 0: not known, the key's is taken when it is seen.
  void expect(std::int64_t lease, std::int64_t create_revision, std::int64_t next_lease = 0);
  // The transaction that made the key was carried out; `header` is that of its answer, `sent` when it was sent. It is a
  // look, too: the answer to the lease's grant may count by it.
  Look took(const etcd::ResponseHeader& header, TimePoint sent);
  // The key is being moved to this lease; 0: it is not any more.
  void moving_to(std::int64_t next_lease) { next_lease_ = next_lease; }
  // The transaction that moves it was carried out. A look, too.
  Look moved(const etcd::ResponseHeader& header, TimePoint sent);

  // An answer that says how long a lease lasts. `heard`: when it came. Other leases than the lock's, or the one that it
  // is being moved to, count for nothing. No time left means that the lease is gone.
  void lease_answered(const etcd::LeaseReply& reply, TimePoint heard);
  void lease_gone(std::int64_t lease);
  // The answer to a linearizable range of the key alone, `reply.as_of` being when it was sent.
  Look looked(const etcd::RangeReply& reply);
  // What a watch has told: the key (not set: there is none) as of this revision. It can only take the lock away.
  void seen(const std::optional<etcd::KeyValue>& key, std::int64_t revision);
  // The key is about to be removed, whether it then is or not.
  void give_up();
  void forget() { *this = LockState(limit_); }

  // Counted renewals last at most this long, those that have been counted included.
  void limit(std::chrono::seconds ttl) { limit_ = ttl; }

  [[nodiscard]] Standing standing() const { return standing_; }
  [[nodiscard]] Loss loss() const { return loss_; }
  // In the past (TimePoint{}) when nothing is proven, or it is lost.
  [[nodiscard]] TimePoint deadline() const;
  [[nodiscard]] bool is_held(TimePoint now) const { return standing_ == Standing::held && now < deadline(); }
  [[nodiscard]] std::int64_t lease() const { return lease_; }
  [[nodiscard]] std::int64_t next_lease() const { return next_lease_; }
  [[nodiscard]] std::int64_t create_revision() const { return create_revision_; }
  // Of the key, when it was last seen; 0: it was not.
  [[nodiscard]] std::int64_t mod_revision() const { return mod_revision_; }
  [[nodiscard]] std::chrono::seconds ttl() const { return limit_; }

 private:
  // An answer about the lease that waits for its look.
  struct Answer {
    std::int64_t lease = 0;
    std::uint64_t cluster_id = 0;
    std::uint64_t raft_term = 0;
    TimePoint from{};   // when its request was sent
    TimePoint heard{};  // when it came
    std::chrono::seconds lasts{};
  };
  [[nodiscard]] bool is_mine(const etcd::KeyValue& key) const;
  void lose(Loss why);
  Look prove(const etcd::ResponseHeader& header, TimePoint sent);

  std::chrono::seconds limit_;
  Standing standing_ = Standing::none;
  Loss loss_ = Loss::none;
  std::int64_t lease_ = 0;
  std::int64_t next_lease_ = 0;
  std::int64_t create_revision_ = 0;
  std::int64_t mod_revision_ = 0;
  std::optional<Answer> answer_;       // of lease_
  std::optional<Answer> next_answer_;  // of next_lease_
  std::optional<Answer> counted_;
};

}  // namespace tamada::agent
