// Lease: a lease of etcd that this process holds: granted, kept alive, revoked.
//
//   Lease lease(client, 30s);
//   lease.grant([&](Outcome<LeaseReply> outcome) { if (lease.is_valid(loop::boot_now())) ... });
//
// Nothing is sent by itself: whoever holds a lock decides, each time, whether it may be renewed. Until when
// the lease is valid, and what its standing means, is told in lease_state.h; the questions below move it
// before their callback runs.
//
// What it cannot know:
//   * A grant without an answer may have made a lease of which nobody knows the id; it holds nothing and runs
//     out.
//   * A keep-alive without an answer may have been carried out, or may be yet: the lease may live for another
//     whole time to live, or end at valid_until(). is_valid() counts on the latter.
//   * An answer to a keep-alive proves only what the member believes that answered for etcd's leader. One
//     that was frozen, and does not know yet that it leads no more, answers too. A holder who must be sure
//     reads, after the answer, a key of the lease (not serializable) and compares the raft terms of the two
//     headers.
//   * A revoke without an answer: the lease ends now, later, or when its time is over. It is not valid from
//     the moment at which the revoke was sent.
//
// One question at a time: another one takes the place of one that is not answered yet, whose callback then
// does not run. Loop thread only; the Client must outlive it. Destroying it, which may happen in a callback,
// cancels the question and leaves the lease to run out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "common/etcd/client.h"
#include "common/etcd/lease_state.h"

namespace tamada::etcd {

class Lease {
 public:
  using Standing = LeaseState::Standing;
  using Callback = std::function<void(Outcome<LeaseReply>)>;
  using RevokeCallback = std::function<void(Outcome<RevokeReply>)>;

  // `ttl`: at least 1 s. Etcd has a floor of its own and may grant more, which is not counted on.
  Lease(Client& client, std::chrono::seconds ttl) : client_(client), state_(ttl) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // The callbacks run once, never from inside the call. `deadline`: of all attempts; 0: that of the client.

  // A new lease; the one held until now is forgotten at once, not revoked.
  void grant(Callback callback, Duration deadline = 0s);
  // The lease of an earlier run of this program: not valid until it has been kept alive.
  void adopt(std::int64_t id);
  // Only with a lease. An answer with ttl 0 (a success) means that it is gone; one for another lease is a
  // failure (invalid).
  void keep_alive(Callback callback, Duration deadline = 0s);
  // Only with a lease.
  void revoke(RevokeCallback callback, Duration deadline = 0s);

  [[nodiscard]] bool is_asking() const { return call_ != nullptr; }
  [[nodiscard]] bool is_valid(TimePoint now) const { return standing(now) == Standing::valid; }
  [[nodiscard]] Standing standing(TimePoint now) const { return state_.standing(now); }
  [[nodiscard]] const LeaseState& state() const { return state_; }
  [[nodiscard]] std::int64_t id() const { return state_.id(); }
  [[nodiscard]] TimePoint valid_until() const { return state_.valid_until(); }

 private:
  Client& client_;
  LeaseState state_;
  CallPtr call_;
};

}  // namespace tamada::etcd
