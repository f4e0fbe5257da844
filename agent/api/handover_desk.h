// HandoverDesk: the clients that wait for a switchover or failover to end. Each newly published snapshot is looked at, so that
// they are told at once; who waits for too long is told that nobody knows.
//
// Loop thread only; the Loop must outlive it.
#pragma once

#include <list>
#include <memory>

#include "agent/api/pending_answer.h"
#include "agent/api/requests/handover_checks.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::agent {

class HandoverDesk {
 public:
  explicit HandoverDesk(loop::Loop& loop) : loop_(loop) {}
  HandoverDesk(const HandoverDesk&) = delete;
  HandoverDesk& operator=(const HandoverDesk&) = delete;

  void wait(const Handover& handover, Duration patience, const PendingAnswer& pending);
  void on_cluster(const ClusterView& cluster);

 private:
  struct Waiting {
    Waiting(loop::Loop& loop, Handover what, PendingAnswer who, Duration patience);
    Handover handover;
    PendingAnswer pending;
    bool is_over = false;
    loop::Timer limit;
  };

  loop::Loop& loop_;
  std::list<Waiting> waiting_;
};

}  // namespace tamada::agent
