#include "common/etcd/lease_state.h"

#include <algorithm>

namespace tamada::etcd {

void LeaseState::adopt(std::int64_t id) {
  *this = LeaseState(asked_);
  id_ = id;
}

void LeaseState::granted(const LeaseReply& reply) {
  adopt(reply.id);
  count(reply);
}

bool LeaseState::kept(const LeaseReply& reply) {
  if (id_ == 0 || reply.id != id_) return false;
  if (reply.ttl <= 0) gone();
  count(reply);
  return true;
}

void LeaseState::count(const LeaseReply& reply) {
  header_ = reply.header;
  if (gone_ || revoking_) return;
  const auto lasts = std::min(std::chrono::seconds(reply.ttl), asked_);
  valid_until_ = std::max(valid_until_, reply.as_of + lasts);
}

void LeaseState::revoking() {
  revoking_ = true;
  valid_until_ = {};
}

void LeaseState::gone() {
  gone_ = true;
  valid_until_ = {};
}

LeaseState::Standing LeaseState::standing(TimePoint now) const {
  if (id_ == 0) return Standing::none;
  if (gone_) return Standing::gone;
  return now < valid_until_ ? Standing::valid : Standing::unknown;
}

}  // namespace tamada::etcd
