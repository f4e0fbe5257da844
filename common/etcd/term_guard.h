// TermGuard: tells a member that the others have left behind. Pure.
//
// A member that is cut off from its majority goes on with the raft term it knew; the others elect anew and
// count on. So an answer with a lower term than was seen of the same cluster is old news. Another cluster id
// is another cluster (built anew): it is taken as it is.
//
// What it cannot know: whether a lower term of the same id is a cluster that was wiped and built again with
// the same members (etcd derives the id from them). When nothing with the higher term has been heard for
// `forget`, the lower one is believed.
#pragma once

#include "common/base/time.h"
#include "common/etcd/values.h"

namespace tamada::etcd {

class TermGuard {
 public:
  explicit TermGuard(Duration forget = 60s) : forget_(forget) {}

  // False: the answer comes from a member that was left behind. `now`: when the answer's request was sent, or
  // later. A header without cluster id (0) proves nothing and is accepted.
  [[nodiscard]] bool accept(const ResponseHeader& header, TimePoint now);
  [[nodiscard]] std::uint64_t term() const { return term_; }
  // Of the last answer that was accepted; 0: there was none.
  [[nodiscard]] std::uint64_t cluster_id() const { return cluster_id_; }

 private:
  Duration forget_;
  std::uint64_t cluster_id_ = 0;
  std::uint64_t term_ = 0;
  TimePoint last_accepted_{};
};

}  // namespace tamada::etcd
