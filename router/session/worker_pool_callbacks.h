// WorkerPoolCallbacks: what the worker threads tell the control loop, on its thread (worker_pool.h).
#pragma once

#include "common/base/time.h"
#include "router/balance/ids.h"
#include "router/balance/session_hint.h"

namespace tamada::router {

class WorkerPoolCallbacks {
 public:
  // Every worker has taken the table of this generation and closed what it cuts.
  virtual void on_acknowledged(Generation generation) = 0;
  // A session on a leader listener met something that is a reason to ask the node again.
  virtual void on_hint(const SessionHint& hint) = 0;
  // A session of any listener could not be connected to `node`.
  virtual void on_no_connection(NodeId /*node*/) {}
  // The last session on `node` has ended (all listeners) while `node` is no candidate of any listener: a node
  // in use says nothing. Whoever takes a node out asks sessions_on() itself first, after publish().
  virtual void on_sessions_gone(NodeId node) = 0;
  // After WorkerPool::tell_first_start(): when the session had started, as its worker measured it.
  virtual void on_first_start(NodeId /*node*/, TimePoint /*at*/) {}
  // After drain(): no session is left.
  virtual void on_drained() = 0;

 protected:
  ~WorkerPoolCallbacks() = default;
};

}  // namespace tamada::router
