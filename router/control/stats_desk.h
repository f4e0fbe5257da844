// StatsDesk: answers, on the control loop's thread, what the statistics thread asks through ControlBackend.
//
// Control loop's thread; all references must outlive it. Callbacks may come from inside the call; none comes
// after the desk has gone.
#pragma once

#include <tl/expected.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/log/event_log.h"
#include "router/api/backend/stats_backend.h"
#include "router/control/patroni_actions.h"
#include "router/control/stats_collector.h"

namespace tamada::router {

// What of Control can be changed by hand. Names are configured ones; `listener` empty: all.
class AdminCallbacks {
 public:
  // `name`: a node's configured name, or the one it goes by. Empty: there is no such node.
  [[nodiscard]] virtual std::optional<std::string> find_node(const std::string& name) const = 0;
  virtual void administer(const std::string& node, const std::string& listener, AdminState state,
                          const std::string& by) = 0;
  // `node` is one of the configuration. Not set: as configured again; port 0: the configured one.
  virtual void set_address(NodeId node, const Address& address) = 0;
  // What is changed now would be lost: another process is taking this one's place at this moment.
  [[nodiscard]] virtual bool is_handing_over() const = 0;

 protected:
  ~AdminCallbacks() = default;
};

class StatsDesk {
 public:
  using Done = std::function<void(ActionResult)>;
  struct Parts {
    StatsCollector& collector;
    AdminCallbacks& admin;
    WorkerPool& pool;
    const ClusterDriver& driver;
    const RouterConfig& config;  // in force, with ids
    EventLog& log;
  };
  StatsDesk(loop::Loop& loop, const Parts& parts)
      : parts_(parts), patroni_(loop, parts.driver, parts.config) {}
  StatsDesk(const StatsDesk&) = delete;
  StatsDesk& operator=(const StatsDesk&) = delete;

  [[nodiscard]] StatsSnapshotPtr snapshot();
  void sessions(const std::function<void(SessionListPtr)>& ready);
  void act(const Action& action, const Done& done);

  // Any thread may write there.
  [[nodiscard]] EventLog& event_log() const { return parts_.log; }

 private:
  void log(const Action& action, const ActionResult& result);

  [[nodiscard]] ActionResult administer(const Action& action);
  [[nodiscard]] ActionResult set_weight(const Action& action);
  [[nodiscard]] ActionResult set_address(const Action& action);
  [[nodiscard]] ActionResult clear_maxima();
  [[nodiscard]] ActionResult clear_counters();
  void end_session(const Action& action, const Done& done);
  void end_sessions(const Action& action, const Done& done);

  // The node that goes by the name of the action, and the listeners it is about; or why there are none.
  struct Subject {
    NodeId node;
    std::string name;      // as configured
    bool leaving = false;  // taken out of the configuration
    std::vector<ListenerId> listeners;
    std::string where;  // "read", "every listener"
  };
  [[nodiscard]] tl::expected<Subject, ActionResult> subject_of(const Action& action) const;

  const Parts parts_;
  PatroniActions patroni_;
};

}  // namespace tamada::router
