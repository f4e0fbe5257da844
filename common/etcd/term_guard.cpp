#include "common/etcd/term_guard.h"

namespace tamada::etcd {

bool TermGuard::accept(const ResponseHeader& header, TimePoint now) {
  if (header.cluster_id == 0) return true;
  const bool left_behind = header.cluster_id == cluster_id_ && header.raft_term < term_;
  if (left_behind && now - last_accepted_ < forget_) return false;
  cluster_id_ = header.cluster_id;
  term_ = header.raft_term;
  last_accepted_ = now;
  return true;
}

}  // namespace tamada::etcd
