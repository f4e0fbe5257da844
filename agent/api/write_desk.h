// WriteDesk: carries out the requests that change something: asks the backend for one step after the other, and answers the
// client with what came of it. Who may ask was checked before.
//
// Loop thread only; Loop, backend and `readings` must outlive it. After destruction no callback of the backend does anything.
#pragma once

#include <string_view>

#include "agent/api/api_backend.h"
#include "agent/api/handover_desk.h"
#include "agent/api/pending_answer.h"
#include "agent/api/requests/write_page.h"
#include "agent/api/snapshot_questions.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"

namespace tamada::agent {

class WriteDesk {
 public:
  // `readings`: of the cluster's keys in etcd, which take at most `reading_timeout`.
  WriteDesk(loop::Loop& loop, ApiBackend& backend, SnapshotQuestions& readings, Duration reading_timeout);
  WriteDesk(const WriteDesk&) = delete;
  WriteDesk& operator=(const WriteDesk&) = delete;

  void set_reading_timeout(Duration timeout) { reading_timeout_ = timeout; }

  // The newest one; not null. Before the first nothing may be taken.
  void publish(SnapshotPtr snapshot);
  // `has_length`: the request told its Content-Length.
  void take(WritePage page, bool has_length, std::string_view body, const PendingAnswer& pending);

 private:
  void carry_out(WritePage page, const JsonBody& body, const PendingAnswer& pending);
  void patch(const JsonBody& change, const PendingAnswer& pending);
  void put(const JsonBody& config, const PendingAnswer& pending);
  void restart(const JsonBody& body, const PendingAnswer& pending);
  void reinitialize(const JsonBody& body, const PendingAnswer& pending);
  void failsafe(const JsonBody& body, const PendingAnswer& pending);
  void delete_switchover(const PendingAnswer& pending);

  void hand_over(HandoverKind kind, const JsonBody& body, const PendingAnswer& pending);
  void check_candidates(const HandoverRequest& request, const NodeSnapshot& read,
                        const PendingAnswer& pending);
  void write_handover(const HandoverRequest& request, const NodeSnapshot& read, const PendingAnswer& pending);
  void wait_for_end(const Handover& handover, Duration patience, const PendingAnswer& pending);

  // Asks etcd; `then` gets a snapshot with a view of the cluster, or the client 503.
  void read_cluster(const PendingAnswer& pending,
                    std::function<void(const NodeSnapshot&, const ClusterView&)> then);

  ApiBackend& backend_;
  SnapshotQuestions& readings_;
  Duration reading_timeout_;
  SnapshotPtr newest_;
  HandoverDesk handovers_;
  loop::WeakHandles<WriteDesk> handles_{*this};
};

}  // namespace tamada::agent
