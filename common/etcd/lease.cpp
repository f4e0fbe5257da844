#include "common/etcd/lease.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace tamada::etcd {

// In the answers below the callback is called last: it may destroy this object.

void Lease::grant(Callback callback, Duration deadline) {
  state_ = LeaseState(state_.asked());
  call_ = client_.lease_grant(
      state_.asked().count(),
      [this, callback = std::move(callback)](Outcome<LeaseReply> outcome) {
        const CallPtr over = std::move(call_);
        if (outcome) state_.granted(*outcome);
        callback(std::move(outcome));
      },
      deadline);
}

void Lease::adopt(std::int64_t id) {
  call_.reset();
  state_.adopt(id);
}

void Lease::keep_alive(Callback callback, Duration deadline) {
  assert(id() != 0);
  call_ = client_.lease_keepalive(
      id(),
      [this, callback = std::move(callback)](Outcome<LeaseReply> outcome) {
        const CallPtr over = std::move(call_);
        if (outcome && !state_.kept(*outcome)) {
          outcome = tl::make_unexpected(
              Failure{{ErrorKind::invalid,
                       fmt::format("etcd answers for lease {:x}, expected lease {:x}", outcome->id, id())},
                      RpcFault::none,
                      true});
        }
        callback(std::move(outcome));
      },
      deadline);
}

void Lease::revoke(RevokeCallback callback, Duration deadline) {
  assert(id() != 0);
  state_.revoking();
  call_ = client_.lease_revoke(
      id(),
      [this, callback = std::move(callback)](Outcome<RevokeReply> outcome) {
        const CallPtr over = std::move(call_);
        if (outcome) state_.gone();
        callback(std::move(outcome));
      },
      deadline);
}

}  // namespace tamada::etcd
