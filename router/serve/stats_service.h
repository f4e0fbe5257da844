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
#include "router/config/router_config.h"
#include "router/serve/stats_backend.h"
#include "router/serve/stats_ports.h"
#include "router/serve/stats_thread.h"

namespace tamada::router {

class StatsService {
 public:
  StatsService(StatsThread& thread, StatsBackend& backend, loop::InheritedSockets* inherited = nullptr);
  ~StatsService();
  StatsService(const StatsService&) = delete;
  StatsService& operator=(const StatsService&) = delete;

  // As in StatsPorts.
  [[nodiscard]] std::vector<Error> prepare(const StatsConfig& config);
  void commit();
  void abandon();
  [[nodiscard]] std::vector<Address> addresses() const;
  [[nodiscard]] Result<std::vector<StatsPorts::Shared>> share() const;
  void leave();

 private:
  StatsThread& thread_;
  StatsBackend& backend_;
  std::unique_ptr<StatsPorts> ports_;  // made, used and destroyed on the statistics thread
};

}  // namespace tamada::router
