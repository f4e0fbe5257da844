// The node n1 as the holder of the lock, for the tests of a leader and of a promotion.
#pragma once

#include <string>

#include "tests/unit/agent/ha/decider_node.h"

namespace tamada::ha {

inline MemberView running(const std::string& name) {
  MemberView view = member(name, true);
  view.is_running = true;
  return view;
}

// n1 holds the lock since revision 7, with n2 beside it.
struct Holder : Node {
  explicit Holder(ServerKind kind) {
    tell(lock(LockReport::Operation::acquire, 7, 7));
    tell(server(kind));
    view = store(8, system_id);
    view.leader = own_key(7);
    view.members = {running("n1"), running("n2")};
  }
  // A later look at etcd and at the server.
  Step look(ServerKind kind) { return look(server(kind)); }
  Step look(ServerView seen) {
    view.as_of = now();
    const Step first = tell(view);
    seen.as_of = now();
    return both(first, tell(seen));
  }
  Step renew() { return tell(lock(LockReport::Operation::renew, 7, view.revision)); }
  Step renew_until(TimePoint until) {
    LockReport report = lock(LockReport::Operation::renew, 7, view.revision);
    report.valid_until = until;
    return tell(report);
  }
  StoreView view;
};

}  // namespace tamada::ha
