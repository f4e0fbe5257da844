// StatsDesk: answers, on the control loop's thread, what the statistics thread asks through ControlBackend.
//
// Control loop's thread; all references must outlive it. Callbacks may come from inside the call; none comes
// after the desk has gone.
#pragma once

#include <functional>
#include <string>

#include "router/serve/stats_backend.h"
#include "router/shell/event_log.h"
#include "router/shell/stats_collector.h"

namespace tamada::router {

// What can be changed by hand. Names are configured ones; `listener` empty: all.
class AdminActions {
 public:
  // `name`: a node's configured name, or the one it goes by. Empty: there is no such node.
  [[nodiscard]] virtual std::optional<std::string> find_node(const std::string& name) const = 0;
  [[nodiscard]] virtual bool has_listener(const std::string& name) const = 0;
  virtual void administer(const std::string& node, const std::string& listener, AdminState state,
                          const std::string& by) = 0;

 protected:
  ~AdminActions() = default;
};

class StatsDesk {
 public:
  StatsDesk(StatsCollector& collector, AdminActions& admin, EventLog& log)
      : collector_(collector), admin_(admin), log_(log) {}
  StatsDesk(const StatsDesk&) = delete;
  StatsDesk& operator=(const StatsDesk&) = delete;

  [[nodiscard]] StatsSnapshotPtr snapshot();
  void sessions(const std::function<void(SessionListPtr)>& ready);
  void act(const Action& action, const std::function<void(ActionResult)>& done);
  void record(bool warning, const char* event, const std::string& by, const std::string& from,
              const std::string& words);

 private:
  [[nodiscard]] ActionResult administer(const Action& action);

  StatsCollector& collector_;
  AdminActions& admin_;
  EventLog& log_;
};

}  // namespace tamada::router
