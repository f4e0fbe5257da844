// StatsBackend: what the statistics thread asks of the rest of the router, and Action, the one kind of change
// it can ask for. Control implements it.
//
// Threads: every method may be called from the statistics thread; nothing blocks. Answers come through the
// callbacks, on the thread that called, never from inside the call; when the backend has gone, never.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/address.h"
#include "router/balance/ids.h"
#include "router/balance/policy.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

struct Action {
  enum class Kind {
    administer,      // node, listener (empty: all), state
    set_weight,      // node, listener (empty: all), weight 0..256
    set_address,     // node, address (not set: as configured again)
    end_session,     // session
    end_sessions,    // node (empty: all), listener (empty: all)
    switchover,      // node: to whom (empty: Patroni chooses)
    restart,         // node
    reinitialize,    // node
    clear_maxima,    // HAProxy's `clear counters`
    clear_counters,  // HAProxy's `clear counters all`
  };
  Kind kind = Kind::administer;
  std::string node;  // configured name, or the one it goes by
  std::string listener;
  AdminState state = AdminState::ready;
  std::uint32_t weight = 1;
  Address address;
  SessionId session;

  std::string by;    // who: a user's name, or "socket"
  std::string from;  // where from: an address, or the socket's path
};

struct ActionResult {
  enum class Kind { done, not_found, refused, failed, not_possible };
  Kind kind = Kind::done;
  std::string words;  // one sentence for people: what was done, or why not
};

class StatsBackend {
 public:
  // A snapshot of now. Callers limit themselves (SnapshotCache): each makes the control loop build one.
  virtual void snapshot(std::function<void(StatsSnapshotPtr)> ready) = 0;
  // Gathers every session from the workers, a few hundred a turn each.
  virtual void sessions(std::function<void(SessionListPtr)> ready) = 0;
  // Carries it out and writes it into the log with `by` and `from`. Asking Patroni may take a minute.
  virtual void act(Action action, std::function<void(ActionResult)> done) = 0;

  // Whoever waits for an answer is forgotten: no callback comes any more. On the statistics thread, by
  // whoever owns what the callbacks lead to, when that goes.
  virtual void forget() = 0;
  // A line for the log about what somebody did here who is known: "stats.sign_in", "stats.sign_out". Costs
  // the control loop nothing.
  virtual void record(const char* event, const std::string& by, const std::string& from,
                      const std::string& words) = 0;
  // The same about somebody who was turned away: "stats.denied". Anybody can cause it, so such lines are
  // joined.
  virtual void record_denied(const std::string& by, const Address& from, const std::string& words) = 0;

 protected:
  ~StatsBackend() = default;
};

}  // namespace tamada::router
