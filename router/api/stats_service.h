// StatsService: the statistics as the control loop sees them: ports that are opened and closed with the
// configuration. Everything else happens on the statistics thread, which asks for what it needs through the
// StatsBackend.
//
// Control loop's thread. prepare() and commit() wait for the statistics thread, which never waits for the
// control loop. Thread and backend must outlive it; the destructor closes all ports.
#pragma once

#include <memory>
#include <vector>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/loop/loop_thread.h"
#include "router/api/backend/stats_backend.h"
#include "router/api/stats_ports.h"
#include "router/config/router_config.h"

namespace tamada::router {

class StatsService {
 public:
  // Starts `thread`, so that whatever is asked of the statistics, however often, takes no time from the
  // control loop (which polls the nodes) and none from the workers.
  StatsService(loop::LoopThread& thread, StatsBackend& backend, loop::InheritedSockets* inherited = nullptr);
  ~StatsService();
  StatsService(const StatsService&) = delete;
  StatsService& operator=(const StatsService&) = delete;

  // As in StatsPorts.
  [[nodiscard]] std::vector<Error> prepare(const StatsConfig& config);
  void commit();
  void abandon();
  [[nodiscard]] Result<std::vector<StatsPorts::Shared>> share() const;
  void leave();

 private:
  loop::LoopThread& thread_;
  StatsBackend& backend_;
  std::unique_ptr<StatsPorts> ports_;  // made, used and destroyed on the statistics thread
};

}  // namespace tamada::router
