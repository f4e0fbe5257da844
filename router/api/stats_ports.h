// StatsPorts: the HTTP servers of the statistics, on every address of `stats.bind`, the run-time sockets of
// `stats.socket`, and what answers there.
//
// A new configuration is taken as a whole: prepare() opens beside what is open what is not open yet; commit()
// puts it in force and closes what is no longer wanted; abandon() takes it back. Statistics thread; loop and
// backend must outlive it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/http/server.h"
#include "common/http/tls_context.h"
#include "common/loop/loop.h"
#include "router/api/backend/fresh_cache.h"
#include "router/api/backend/stats_backend.h"
#include "router/api/http_api.h"
#include "router/api/runtime/runtime_sockets.h"
#include "router/config/router_config.h"

namespace tamada::router {

class StatsPorts {
 public:
  // `inherited`: what another process has handed over is taken from there before it is opened anew (may be
  // null; used within prepare() only).
  StatsPorts(loop::Loop& loop, StatsBackend& backend, loop::InheritedSockets* inherited = nullptr);
  ~StatsPorts();
  StatsPorts(const StatsPorts&) = delete;
  StatsPorts& operator=(const StatsPorts&) = delete;

  // One error per address or file that cannot be used.
  [[nodiscard]] std::vector<Error> prepare(const StatsConfig& config);
  void commit();
  void abandon();

  // Descriptors of all that listens, for another process: places and sockets.
  struct Shared {
    std::string place;
    UniqueFd socket;
    bool is_port = false;  // of `stats.bind`
    bool foreign = false;  // a .socket unit's
  };
  [[nodiscard]] Result<std::vector<Shared>> share() const;
  // Closes every port and connection, and leaves the files of sockets to the process that has them now.
  void leave();

  // As bound, with the real ports.
  [[nodiscard]] std::vector<Address> addresses() const;

  static constexpr Duration snapshot_fresh = 100ms;
  static constexpr Duration sessions_fresh = 1s;
  // How long a client may take nothing of an answer before it is dropped.
  static constexpr Duration patience = 10s;

 private:
  struct Bound {
    HostPort bind;
    std::unique_ptr<http::Server> server;  // in a prepared set: null if the open one goes on
    bool foreign = false;                  // a .socket unit's
  };
  // What is in force, or prepared, as a whole.
  struct Set {
    StatsConfig config;
    std::unique_ptr<http::TlsContext> tls;  // before the servers that use it
    std::vector<Bound> bound;
  };

  [[nodiscard]] const Bound* open_at(const HostPort& bind) const;
  [[nodiscard]] std::unique_ptr<http::Server> make_server(const Set& set,
                                                          const std::shared_ptr<std::uint16_t>& port);
  [[nodiscard]] Result<void> open(Set& set, const HostPort& bind, bool same_options);
  [[nodiscard]] StatsListenerCounters counted() const;
  void clear_counted(bool all);

  loop::Loop& loop_;
  loop::InheritedSockets* const inherited_;
  // Of all servers there were; what had been counted when somebody cleared it is subtracted.
  const std::shared_ptr<http::ServerCounters> counters_ = std::make_shared<http::ServerCounters>();
  http::ServerCounters cleared_;
  SnapshotCache snapshots_;
  SessionCache sessions_;
  HttpApi api_;
  RuntimeSockets sockets_;
  Set open_;
  Set next_;
};

}  // namespace tamada::router
