// Dispatcher: Admission for all workers. Puts the lock around it, reads the clock, and sends what concerns
// another session on to the worker that owns it.
//
// Any thread. The lock is taken when a session starts, changes turns in its start-up, or ends, for tables and
// for the status; never while bytes flow. What is sent to workers is sent after the lock was released.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "router/balance/admission.h"

namespace tamada::router {

// What Admission has decided about sessions that did not ask just now.
struct AdmissionNews {
  std::vector<Grant> grants;
  std::vector<Expiry> expiries;
  std::vector<SessionId> displaced;  // whose client owes something, and whose place others need
  [[nodiscard]] bool is_empty() const { return grants.empty() && expiries.empty() && displaced.empty(); }
};

// What a worker may be told from any thread.
class AdmissionCallbacks {
 public:
  // What concerns this worker's sessions; some may be gone meanwhile.
  virtual void post_admissions(AdmissionNews news) = 0;

 protected:
  ~AdmissionCallbacks() = default;
};

class Dispatcher {
 public:
  // Called on whatever thread it happened, without the lock; they must outlive the dispatcher.
  struct Events {
    // The last session on a node that is no candidate of any listener has ended.
    std::function<void(NodeId)> gone;
    // See tell_first_start(); when it was, as the worker measured it.
    std::function<void(NodeId, TimePoint)> first_start;
  };
  Dispatcher(std::uint32_t seed, Events events);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Before any other call: whom to tell about the sessions of worker i.
  void set_workers(std::vector<AdmissionCallbacks*> workers) { workers_ = std::move(workers); }

  void configure(const std::vector<ListenerPolicy>& listeners);
  void apply(RoutingTablePtr table);

  // As in Admission. `next` is when expire() must be called next, by somebody (every worker that holds a
  // session keeps a timer, so that nobody depends on the control loop).
  struct Answer {
    Verdict verdict;
    std::optional<TimePoint> next;
  };
  [[nodiscard]] Answer request(SessionId session, ListenerId listener, const Address& client);
  [[nodiscard]] Answer retry(SessionId session, NodeId node, RetryCause cause, std::string_view why);
  // Returns when expire() must be called next.
  std::optional<TimePoint> client_owes(SessionId session, bool takes);
  void server_owes(SessionId session);
  // `at`: when it did; not set: it is over, but nobody knows whether well, so it is no first start and shows
  // nothing about the node.
  void started(SessionId session, std::optional<TimePoint> at);
  // `node`: where it ran; not set if it never had a grant.
  void ended(SessionId session, NodeId node);
  // Returns when it must be called next.
  std::optional<TimePoint> expire();

  // Where a cancel request with an unknown key goes: every candidate of the listener and every node that has
  // sessions of it. Each address once.
  [[nodiscard]] std::vector<Address> cancel_targets(ListenerId listener) const;

  void set_weight(ListenerId listener, NodeId node, std::uint32_t weight);
  // Events::first_start once, when the next session of a leader listener has started on `node`. Asking for
  // another node forgets this one.
  void tell_first_start(NodeId node);

  // All listeners that ever were, by one lock.
  [[nodiscard]] std::unordered_map<ListenerId, ListenerLoad> loads() const;
  void clear_maxima();
  [[nodiscard]] std::uint32_t sessions_on(NodeId node) const;

 private:
  void send(AdmissionNews news);
  // With the lock held, after each call of Admission.
  void note(const Verdict& verdict, AdmissionNews& news);
  [[nodiscard]] bool is_gone(NodeId node) const;

  std::vector<AdmissionCallbacks*> workers_;
  const Events events_;
  mutable std::mutex mutex_;
  // protected by mutex_
  Admission admission_;
  RoutingTablePtr table_;
  std::unordered_set<NodeId> candidates_;           // of any listener in table_
  std::unordered_map<NodeId, Address> address_of_;  // as last granted
  NodeId first_start_;                              // asked for; not set: nobody waits for one
};

}  // namespace tamada::router
