// WorkerPool: the worker threads and the listening sockets, as the control loop sees them.
//
// Every method is called on the control loop's thread, and every callback comes there (through Loop::post, so
// never from inside the call; none once the pool is gone). The workers themselves (worker.h) talk to nothing
// but their own loop, the Dispatcher (admission), the CancelRegistry and the EventLog.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/log/event_log.h"
#include "common/loop/inherited_sockets.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"
#include "router/balance/routing_table.h"
#include "router/config/router_config.h"
#include "router/session/listener_status.h"
#include "router/session/listening_sockets.h"
#include "router/session/worker.h"
#include "router/session/worker_pool_callbacks.h"

namespace tamada::router {

// How the router stops to serve. Whoever is served goes on for as long as this says.
struct Leaving {
  std::optional<Duration> limit = {};  // of sessions; what is left is closed then. Not set: none
  bool end_waiting =
      false;  // clients that wait for a server are ended (57P01), and whoever has not asked for
              // one yet has a second to do so; otherwise they go on waiting, and are served
  enum class Ports {
    close,  // nobody can connect any more, whoever else has the sockets
    keep,   // clients wait in the backlog of the sockets
    leave,  // the sockets are another process's
  };
  Ports ports = Ports::close;
};

class WorkerPool final : private WorkerCallbacks {
 public:
  // Starts `workers` threads that own nothing yet; 0: as many as worker_count.h finds right. Raises the soft
  // limit of open files to the hard one. All references must outlive the pool. Throws std::system_error when
  // the system has no descriptors or threads left for it.
  // `inherited`: see ListeningSockets.
  WorkerPool(loop::Loop& control, std::uint32_t workers, EventLog& log, WorkerPoolCallbacks& callbacks,
             loop::InheritedSockets* inherited = nullptr);
  ~WorkerPool();  // closes everything at once and joins the threads
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Opens and closes listening sockets so that they are those of `config` and hands every setting of the
  // listeners to the workers. Running sessions are not touched; those of a listener that is gone go on. All
  // or nothing: on an error (one per socket that cannot be opened) the old listeners stay as they are.
  [[nodiscard]] std::vector<Error> configure(const RouterConfig& config);

  // Until accept_from_now_on() nobody accepts: clients are another process's, which has the same sockets.
  // Before the first configure().
  void hold_back() { accepting_ = false; }
  // `config`: the one in force. Errors as configure()'s; nobody accepts then.
  [[nodiscard]] std::vector<Error> accept_from_now_on(const RouterConfig& config);

  // Descriptors of the listening sockets, for another process.
  struct Shared {
    Address address;
    UniqueFd socket;
    bool foreign = false;  // a .socket unit's
  };
  [[nodiscard]] Result<std::vector<Shared>> share() const;

  // Hands the table to admission, then to every worker; on_acknowledged() follows.
  void publish(const RoutingTablePtr& table);

  // Stops accepting; on_drained() once nobody is left. Called again: from now on as `how` says, but who was
  // ended, and what was closed, stays so.
  void drain(const Leaving& how);
  // After Ports::keep: nobody can connect any more.
  void close_ports() { sockets_.close(); }

  // How large a share of a listener's new sessions a node gets (balancing.h); 0: none. 1 until it is set;
  // kept across configurations.
  void set_weight(ListenerId listener, NodeId node, std::uint32_t weight) {
    dispatcher_.set_weight(listener, node, weight);
  }

  // Every session there is, those that wait included; at most about `sessions_listed_max`. Gathered in small
  // steps, so that no session waits for it: not all of one moment. Each call costs; whoever asks on behalf of
  // many asks once for all.
  static constexpr std::size_t sessions_listed_max = 200'000;
  void sessions(std::function<void(SessionList)> ready);
  // Ends it with EndReason::ended_by_hand; `found`: it was there.
  void end_session(SessionId session, std::function<void(bool found)> done);
  // Ends those on `node` (not set: any, and those that wait for one) of `listener` (not set: any); who comes
  // meanwhile stays. `done`: how many.
  void end_sessions(NodeId node, ListenerId listener, std::function<void(std::uint64_t)> done);

  // on_first_start() once, when the next session of a leader listener has started on `node`. Only the node
  // asked for last counts.
  void tell_first_start(NodeId node) { dispatcher_.tell_first_start(node); }

  // Every listener that is configured or has sessions. Nobody is stopped for it.
  [[nodiscard]] std::vector<ListenerStatus> status() const;
  // What was counted until the last clear_counters() is subtracted: for people, not for rates.
  void subtract_cleared(std::vector<ListenerStatus>& status) const { cleared_.subtract(status); }
  // Maxima begin anew with the values of now.
  void clear_maxima();
  // Counters begin anew at 0 for whoever subtracts; maxima as well.
  void clear_counters();
  [[nodiscard]] std::uint32_t sessions_on(NodeId node) const { return dispatcher_.sessions_on(node); }
  [[nodiscard]] bool is_listening() const { return sockets_.is_open(); }

 private:
  struct ListenerEntry {
    std::string name;
    bool configured = true;
    std::vector<std::unique_ptr<ListenerCounters>> counters;  // by worker; never freed before the workers
  };

  // WorkerCallbacks, on the workers' threads
  void on_worker_acknowledged(std::uint32_t worker, Generation generation) override;
  void on_worker_hint(const SessionHint& hint) override;
  void on_worker_no_connection(NodeId node) override;
  void on_worker_drained(std::uint32_t worker) override;
  void hand_over(std::uint32_t worker, ListenerId listener, UniqueFd socket, const Address& peer) override;

  template <class Call>
  void tell_control(Call call);
  Result<std::vector<std::vector<WorkerSocket>>> share_sockets() const;
  void acknowledged(std::uint32_t worker, Generation generation);
  void drained(std::uint32_t worker);
  std::vector<ListenerStatus> status_of_all() const;
  void end_by_hand(const std::vector<Worker*>& workers, const SessionFilter& which,
                   std::function<void(std::uint64_t)> done);

  loop::Loop& control_;
  EventLog& log_;
  WorkerPoolCallbacks& callbacks_;
  loop::WeakHandles<WorkerPool> handles_{*this};  // for what is posted to the control loop
  const std::uint32_t worker_count_;
  const std::uint64_t descriptors_;
  Era era_{0};  // of the maxima
  Dispatcher dispatcher_;
  CancelRegistry cancel_registry_;
  AddressLimiter addresses_;
  ClientGate gate_;
  ListeningSockets sockets_;
  bool accepting_ = true;          // the workers have the sockets
  bool workers_have_none_ = true;  // of the sockets
  std::map<ListenerId, ListenerEntry> listeners_;
  ClearedTotals cleared_;
  std::vector<Generation> acknowledged_;  // by worker
  Generation told_ = 0;
  std::vector<bool> drained_;
  bool drained_told_ = false;
  loop::Timer drain_timer_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace tamada::router
