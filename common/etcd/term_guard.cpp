#include "common/etcd/term_guard.h"

namespace tamada::etcd {

bool TermGuard::is_lower(const ResponseHeader& header) const {
  return header.cluster_id == cluster_id_ && header.raft_term < term_;
}

bool TermGuard::accept(const ResponseHeader& header, TimePoint now) {
  if (header.cluster_id == 0) return true;
  if (is_lower(header) && now - last_accepted_ < forget_) return false;
  cluster_id_ = header.cluster_id;
  term_ = header.raft_term;
  last_accepted_ = now;
  return true;
}

bool TermGuard::accept_agreed(const ResponseHeader& header, TimePoint sent, TimePoint now) {
  // One that was on its way before may be older than what was heard meanwhile.
  if (is_lower(header) && sent - last_accepted_ >= forget_agreed_) term_ = header.raft_term;
  return accept(header, now);
}

}  // namespace tamada::etcd
