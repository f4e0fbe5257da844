// WorkerPool: the worker threads and the listening sockets, as the control loop sees them.
//
// Every method is called on the control loop's thread, and every callback of WorkerPoolListener comes there
// (through Loop::post). The workers themselves (worker.h) talk to nothing but their own loop, the Dispatcher
// (admission), the CancelRegistry and the EventLog.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/loop/loop.h"
#include "router/config/router_config.h"
#include "router/core/cluster_events.h"
#include "router/core/routing_table.h"
#include "router/shell/event_log.h"

namespace tamada::router {

class WorkerPoolListener {
 public:
  // Every worker has taken the table of this generation and closed what it cuts.
  virtual void on_acknowledged(Generation generation) = 0;
  // A session on a leader listener met something that smells (refused, reset, 57P01, 57P03 before
  // authentication).
  virtual void on_smell(const Smell& smell) = 0;
  // The last session on `node` has ended (all listeners) while `node` is no candidate of any listener: a node
  // in use says nothing. Whoever takes a node out asks sessions_on() itself first, after publish().
  virtual void on_sessions_gone(NodeId node) = 0;
  // After drain(): no session is left.
  virtual void on_drained() = 0;

 protected:
  ~WorkerPoolListener() = default;
};

// Counters since the start, summed over workers; for the status page.
struct ListenerTotals {
  std::uint64_t accepted = 0;    // connections accepted, cancel requests not counted
  std::uint64_t denied = 0;      // by allow and deny lists
  std::uint64_t refused = 0;     // told a PostgreSQL error by the router
  std::uint64_t held = 0;        // had to wait
  std::uint64_t retried = 0;     // unseen retries on another server or after a hold
  std::uint64_t cut = 0;         // sessions closed by the router's cuts
  std::uint64_t cancels = 0;     // cancel requests forwarded
  std::uint64_t bad_starts = 0;  // first packets that were not PostgreSQL's, or never complete
  std::uint64_t up_bytes = 0;    // client to server; live, not only at a session's end
  std::uint64_t down_bytes = 0;  // server to client
};

struct ListenerStatus {
  ListenerId id;
  std::string name;
  std::vector<std::string> bind;  // as bound, with the real port
  std::uint32_t sessions = 0;
  std::uint32_t starting = 0;
  std::uint32_t held = 0;
  std::uint32_t queued = 0;
  std::vector<std::pair<NodeId, std::uint32_t>> sessions_on;
  ListenerTotals totals;
  bool paused = false;  // no file descriptors: accepting has paused
};

class WorkerPool {
 public:
  // Starts `workers` threads that own nothing yet; 0: as many as worker_count.h finds right. Raises the soft
  // limit of open files to the hard one. All references must outlive the pool.
  WorkerPool(loop::Loop& control, std::uint32_t workers, EventLog& log, WorkerPoolListener& listener);
  ~WorkerPool();  // closes everything at once and joins the threads
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Opens and closes listening sockets so that they are those of `config` and hands every setting of the
  // listeners to the workers. Running sessions are not touched; those of a listener that is gone go on. All
  // or nothing: on an error (one per socket that cannot be opened) the old listeners stay as they are.
  [[nodiscard]] std::vector<Error> configure(const RouterConfig& config);

  // Hands the table to admission, then to every worker; on_acknowledged() follows.
  void publish(const RoutingTablePtr& table);

  // Stops accepting, ends waiting clients with 57P01, lets sessions go on until `limit` has passed, closes
  // the rest; then on_drained().
  void drain(Duration limit);

  [[nodiscard]] std::vector<ListenerStatus> status() const;
  [[nodiscard]] std::uint32_t sessions_on(NodeId node) const;
  [[nodiscard]] bool is_listening() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::router
