// TermGuard: tells a member that the others have left behind. Pure.
//
// A member that is cut off from its majority goes on with the raft term it knew; the others elect anew and
// count on. So an answer with a lower term than was seen of the same cluster is old news. Another cluster id
// is another cluster (built anew): it is taken as it is.
//
// A cluster that was wiped and built again with the same members has the same id (etcd derives it from them) and a low
// term. What a majority has agreed to (a linearizable read, a write) no member that was left behind can answer. It is
// believed once nothing with the higher term has been heard for `forget_agreed`, time enough to have asked every end
// point: so that, where an old copy of the cluster runs beside it, a moment of silence does not lead there.
//
// What it cannot know of any other answer (a keep-alive, a member's own reading): whether it comes from such a cluster or
// from a member that was left behind. It is believed after `forget`.
#pragma once

#include "common/base/time.h"
#include "common/etcd/values.h"

namespace tamada::etcd {

class TermGuard {
 public:
  explicit TermGuard(Duration forget = 60s, Duration forget_agreed = 5s)
      : forget_(forget), forget_agreed_(forget_agreed) {}

  // False: the answer comes from a member that was left behind. `now`: when the answer's request was sent, or
  // later. A header without cluster id (0) proves nothing and is accepted.
  [[nodiscard]] bool accept(const ResponseHeader& header, TimePoint now);
  // Of an answer that a majority has agreed to. `sent`: when its request was sent.
  [[nodiscard]] bool accept_agreed(const ResponseHeader& header, TimePoint sent, TimePoint now);
  [[nodiscard]] std::uint64_t term() const { return term_; }
  // Of the last answer that was accepted; 0: there was none.
  [[nodiscard]] std::uint64_t cluster_id() const { return cluster_id_; }

 private:
  [[nodiscard]] bool is_lower(const ResponseHeader& header) const;

  Duration forget_;
  Duration forget_agreed_;
  std::uint64_t cluster_id_ = 0;
  std::uint64_t term_ = 0;
  TimePoint last_accepted_{};
};

}  // namespace tamada::etcd
