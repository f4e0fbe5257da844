// SessionCallbacks: what a session needs of the worker it lives in. Worker thread only.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/unique_fd.h"
#include "common/log/event_log.h"
#include "common/loop/loop.h"
#include "router/session/cancel_registry.h"
#include "router/session/dispatcher.h"
#include "router/session/listener_counters.h"
#include "router/session/listener_settings.h"

namespace tamada::router {

class CancelForward;
class Session;

// A listener as one worker has it. Lives as long as the worker, so that sessions of a listener that was
// taken out go on.
struct ListenerContext {
  ListenerSettingsPtr settings;  // the newest
  ListenerCounters* counters = nullptr;
  std::unordered_map<NodeId, RouteCounters*> routes;  // of `counters`, as they were met

  [[nodiscard]] RouteCounters& route(NodeId node) {
    RouteCounters*& known = routes[node];
    if (known == nullptr) known = &counters->route(node);
    return *known;
  }
};

class SessionCallbacks {
 public:
  [[nodiscard]] virtual loop::Loop& loop() = 0;
  [[nodiscard]] virtual Dispatcher& dispatcher() = 0;
  [[nodiscard]] virtual CancelRegistry& cancel_registry() = 0;
  [[nodiscard]] virtual AddressLimiter& addresses() = 0;
  [[nodiscard]] virtual EventLog& log() = 0;

  // The newest table this worker has taken; null before the first.
  [[nodiscard]] virtual const RoutingTable* table() const = 0;
  // The table has run out (RoutingTable::good_until): nothing is passed on to the nodes that it is about.
  [[nodiscard]] virtual bool has_run_out() const = 0;
  // The router shuts down: nobody waits any more. Who is here is still let in where a node is fit at once.
  [[nodiscard]] virtual bool is_draining() const = 0;

  // What a node was last called; "-" for one that is not set.
  virtual void remember_name(NodeId node, const std::string& name) = 0;
  [[nodiscard]] virtual const std::string& name_of(NodeId node) const = 0;

  // Session::on_deadline() is called once `due` has come. `old`: what the session had; TimePoint{}: none.
  virtual void change_deadline(Session& session, TimePoint old, TimePoint due) = 0;
  // Since when the client of `session` owes something in its start-up; TimePoint{}: it does not. `old`: what
  // the session said last. Who has owed longest may have to make room.
  virtual void change_owing(Session& session, TimePoint old, TimePoint since) = 0;
  // Dispatcher::expire() is to be called then.
  virtual void expire_at(std::optional<TimePoint> when) = 0;
  // Something on the write side is a reason to look at the node.
  virtual void report_hint(const SessionHint& hint) = 0;
  // A connection to the node could not be made, on any listener.
  virtual void report_no_connection(NodeId node) = 0;
  // Forwards it and closes `client` when that is done. `client` may be not open.
  virtual void forward_cancel(const postgres::CancelRequest& request, std::string proxy_header,
                              const ListenerSettingsPtr& settings, UniqueFd client,
                              const Address& address) = 0;

  // Its last act: destroyed at the end of the turn.
  virtual void retire(Session& session) = 0;
  virtual void retire(CancelForward& cancel) = 0;

 protected:
  ~SessionCallbacks() = default;
};

}  // namespace tamada::router
