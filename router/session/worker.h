// Worker: one thread with its own loop, its share of every listening socket, and its own sessions.
//
// Other threads reach it through the post_...() methods only; all else runs on its thread. A routing table is
// taken at the top of a turn, before any socket is looked at: its cuts are carried out (sockets closed), then
// its generation is acknowledged. Sessions are found by number; one that has ended is destroyed at the end of
// the turn. At rest, with no client that waits for anything, nothing wakes it but new tables.
//
// When it cannot know whether a node still leads (its table has run out: this process, the machine or just
// the control loop stood still), nothing that clients send there is passed on until a newer table is there.
// It looks at the table's age at the top of each turn, and before each socket of the turn
// (Loop::set_turn_limit()).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/loop/loop_thread.h"
#include "common/loop/timer.h"
#include "router/cluster/cluster_events.h"
#include "router/session/acceptor.h"
#include "router/session/client_gate.h"
#include "router/session/deadlines.h"
#include "router/session/session_callbacks.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// What a worker tells the pool; on the worker's thread.
class WorkerCallbacks {
 public:
  virtual void on_worker_acknowledged(std::uint32_t worker, Generation generation) = 0;
  virtual void on_worker_hint(const SessionHint& hint) = 0;
  virtual void on_worker_no_connection(NodeId node) = 0;
  // After post_drain(): it has no session. Told again whenever one that came late has ended.
  virtual void on_worker_drained(std::uint32_t worker) = 0;
  // Another worker has fewer sessions; the client is already counted there.
  virtual void hand_over(std::uint32_t worker, ListenerId listener, UniqueFd socket, const Address& peer) = 0;

 protected:
  ~WorkerCallbacks() = default;
};

// What all workers share. All outlive them.
struct WorkerShared {
  Dispatcher& dispatcher;
  CancelRegistry& cancel_registry;
  AddressLimiter& addresses;
  EventLog& log;
  ClientGate& gate;
  WorkerCallbacks& callbacks;
};

struct WorkerListener {
  ListenerSettingsPtr settings;
  ListenerCounters* counters = nullptr;
};

struct WorkerSocket {
  std::uint32_t number = 0;
  ListenerId listener;
  UniqueFd socket;  // not open: the worker has it already
};

// Which sessions of a worker: those that agree with all that is set.
struct SessionFilter {
  std::uint64_t number = 0;
  NodeId node;
  ListenerId listener;
};

// What a worker has: at most as many as were asked for, of `total`.
struct WorkerSessions {
  std::vector<SessionStats> sessions;
  std::uint64_t total = 0;
};

class Worker final : public AdmissionCallbacks, private SessionCallbacks, private AcceptorCallbacks {
 public:
  // What the sessions of a worker read into, all together.
  static constexpr std::size_t read_buffer_size = std::size_t{64} * 1024;
  // Cancel requests on their way at a time; more are dropped. Those whose key nobody here knows are few at a
  // time: anybody can invent one, and each goes to every server.
  static constexpr std::size_t cancels_max = 1000;
  static constexpr std::size_t unknown_cancels_max = 32;
  // As many sessions are looked at in one turn when all of them are gone through: bytes wait no longer than
  // that takes.
  static constexpr std::size_t sessions_a_turn = 128;

  Worker(std::uint32_t index, const WorkerShared& shared);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  // Closes everything at once and ends the thread; join() waits for it. All workers are told to stop before
  // the first is joined, and none is destroyed before all are joined: they post to each other.
  void post_stop();
  void join();

  // --- any thread
  void post_table(RoutingTablePtr table);
  // The listeners and sockets there are from now on; sockets that are not named are closed.
  void post_listeners(std::vector<WorkerListener> listeners, std::vector<WorkerSocket> sockets);
  void post_client(ListenerId listener, UniqueFd socket, const Address& peer);
  void post_admissions(AdmissionNews news) override;
  // Stops accepting. `end_waiting`: also ends who waits, and lets nobody in any more.
  void post_drain(bool end_waiting);
  // Ends all sessions; those of the drain's limit.
  void post_end_sessions(EndReason reason);
  // Both go through the sessions in small steps and answer on the worker's thread, or never once it has
  // stopped. Sessions that begin meanwhile are left out.
  void post_list_sessions(std::size_t most, std::function<void(WorkerSessions)> done);
  // `done`: how many there were.
  void post_end_by_hand(const SessionFilter& which, std::function<void(std::uint64_t)> done);

 private:
  // SessionCallbacks
  loop::Loop& loop() override { return loop_; }
  Dispatcher& dispatcher() override { return shared_.dispatcher; }
  CancelRegistry& cancel_registry() override { return shared_.cancel_registry; }
  AddressLimiter& addresses() override { return shared_.addresses; }
  EventLog& log() override { return shared_.log; }
  const RoutingTable* table() const override { return table_.get(); }
  bool has_run_out() const override { return ran_out_; }
  bool is_draining() const override { return draining_; }
  void remember_name(NodeId node, const std::string& name) override;
  const std::string& name_of(NodeId node) const override;
  void change_deadline(Session& session, TimePoint old, TimePoint due) override;
  void change_owing(Session& session, TimePoint old, TimePoint since) override;
  void expire_at(std::optional<TimePoint> when) override;
  void report_hint(const SessionHint& hint) override;
  void report_no_connection(NodeId node) override;
  void forward_cancel(const postgres::CancelRequest& request, std::string proxy_header,
                      const ListenerSettingsPtr& settings, UniqueFd client, const Address& address) override;
  void retire(Session& session) override;
  void retire(CancelForward& cancel) override;

  // AcceptorCallbacks
  void on_client(ListenerId listener, UniqueFd socket, const Address& peer) override;
  void on_accept_paused(Acceptor& acceptor, const Error& why) override;
  void on_accept_resumed(Acceptor& acceptor) override;

  // Takes the newest table, and holds or releases sessions as its age asks for.
  void look_at_table();
  bool take_table();  // true: there was a newer one
  void apply_listeners(std::vector<WorkerListener> listeners, std::vector<WorkerSocket> sockets);
  void begin_session(ListenerId listener, UniqueFd socket, const Address& peer);
  void pause_if_full();
  // Ends the session whose client has owed longest, if that is long enough. False: there is none.
  bool make_room();
  void check_gate();
  static bool is_due_again(TimePoint& last);
  void deadline_fired();
  void arm_deadline_timer();
  void end_sessions(EndReason reason);
  struct Walk {
    std::vector<std::uint64_t> numbers;
    std::function<void(Session&)> visit;
    std::function<void()> done;
    std::size_t next = 0;
  };
  void walk(const std::shared_ptr<Walk>& walk);
  void sweep_later();
  void check_drained();
  [[nodiscard]] std::vector<Session*> all_sessions();
  [[nodiscard]] std::vector<std::uint64_t> numbers() const;

  const std::uint32_t index_;
  const WorkerShared shared_;
  loop::LoopThread thread_;
  loop::Loop& loop_;  // its

  // A table on its way: the newest only.
  std::mutex table_mutex_;
  RoutingTablePtr pending_table_;  // protected by table_mutex_
  std::atomic<bool> has_pending_table_{false};

  // --- this thread only
  RoutingTablePtr table_;
  std::unordered_map<ListenerId, std::unique_ptr<ListenerContext>> listeners_;
  std::map<std::uint32_t, std::unique_ptr<Acceptor>> acceptors_;  // by socket number
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::unordered_map<CancelForward*, std::unique_ptr<CancelForward>> cancels_;
  std::size_t unknown_cancels_ = 0;  // of these
  std::vector<std::unique_ptr<Session>> retired_sessions_;
  std::vector<std::unique_ptr<CancelForward>> retired_cancels_;
  std::unordered_map<NodeId, std::string> names_;
  std::unordered_map<NodeId, TimePoint> hinted_;  // when last reported
  std::unordered_map<NodeId, TimePoint> unconnected_;
  std::uint64_t next_number_ = 1;
  Deadlines deadlines_;
  Deadlines owing_;  // sessions whose client owes something, by since when
  std::optional<TimePoint> deadline_armed_;
  std::optional<TimePoint> expiry_armed_;
  loop::Timer deadline_timer_;
  loop::Timer expiry_timer_;
  loop::Timer gate_timer_;  // while the gate is full
  bool ran_out_ = false;    // table_ has: sessions it is about are held
  bool gate_closed_ = false;
  bool sweeping_ = false;
  bool leaving_ = false;   // accepts nobody any more
  bool draining_ = false;  // and lets nobody wait
};

}  // namespace tamada::router
