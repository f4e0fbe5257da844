// PatroniActions: what only Patroni can do to a cluster, asked of a node's REST API by somebody who is
// allowed to: a switchover, a restart of PostgreSQL, a member that is built anew.
//
//   POST /switchover    {"leader": L, "candidate": C}   to the leader; answered when it is over
//   POST /restart       {}                              answered when it is over
//   POST /reinitialize  {"force": true}                 answered at once
// (Patroni 3.0.2: api.py. Any 2xx is a yes; anything else is a no with its reason as text, or as an HTML page
// that says nothing.)
//
// With the credentials of `cluster.api_user`, where they are given. Patroni's own words are in the result.
// Control loop's thread; what is under way when this goes is never answered. References must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/http/client_request.h"
#include "common/loop/loop.h"
#include "common/patroni/requests.h"
#include "router/api/backend/stats_backend.h"
#include "router/config/router_config.h"
#include "router/control/cluster_driver.h"

namespace tamada::router {

class PatroniActions {
 public:
  using Done = std::function<void(ActionResult)>;

  PatroniActions(loop::Loop& loop, const ClusterDriver& driver, const RouterConfig& config)
      : loop_(loop), driver_(driver), config_(config) {}
  PatroniActions(const PatroniActions&) = delete;
  PatroniActions& operator=(const PatroniActions&) = delete;

  // `action` is a switchover (`node`: to whom, may be empty), restart or reinitialize. `done` is called once;
  // at once where it cannot even be asked.
  void act(const Action& action, const Done& done);

  static constexpr Duration deadline = 90s;
  static constexpr std::size_t at_once = 16;  // requests that may be under way

 private:
  struct Call {
    std::shared_ptr<http::TlsContext> tls;  // outlives `request`
    std::unique_ptr<http::ClientRequest> request;
  };
  void post(const NodeView& node, const patroni::ApiRequest& asked, const Done& done);

  loop::Loop& loop_;
  const ClusterDriver& driver_;
  const RouterConfig& config_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Call> calls_;
};

// Patroni's answer as one sentence: "Patroni of pg1: Successfully switched over to "pg2"". Pure.
[[nodiscard]] ActionResult patroni_result(const std::string& node,
                                          const http::Outcome<http::Response>& answer);

}  // namespace tamada::router
