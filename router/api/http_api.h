// HttpApi: every request on the statistics port, and its answer. docs/statistics.md has the list.
//
//   open to all           /health /ready, the page's own files, signing in and out
//   read                  everything else with GET, HEAD and OPTIONS; needs a login where `login_to_read` is set.
//                         OPTIONS is answered as GET, without the body: load balancers check with it
//   change                PUT, POST, DELETE; needs a user, a request from our own page or from a program, and
//                         with a cookie the session's second token. Each is carried out by the backend, which
//                         writes it into the log with the user's name
//
// What is read comes from a snapshot that is at most some 100 ms old (200 ms under many scrapes); where the
// control loop does not answer, from the last one, with its age in the Age field (RFC 9111). Statistics
// thread; all references must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/http/responder.h"
#include "common/loop/loop.h"
#include "router/api/action_requests.h"
#include "router/api/backend/fresh_cache.h"
#include "router/api/backend/stats_backend.h"
#include "router/api/event_stream.h"
#include "router/api/rendered.h"
#include "router/api/sign_in.h"
#include "router/config/router_config.h"
#include "router/stats/render_options.h"

namespace tamada::router {

class HttpApi {
 public:
  // `counted`: the numbers of the port itself, for HAProxy's proxy `stats`.
  HttpApi(loop::Loop& loop, StatsBackend& backend, SnapshotCache& snapshots, SessionCache& sessions,
          std::function<StatsListenerCounters()> counted);
  HttpApi(const HttpApi&) = delete;
  HttpApi& operator=(const HttpApi&) = delete;

  void configure(const StatsConfig& config);
  void answer(http::Request request, const Caller& caller, http::Responder responder);

  // How things are shown now; the run-time sockets show them alike.
  [[nodiscard]] RenderOptions render_options() const;

  // A control loop that has not answered for this long is not healthy.
  static constexpr Duration sick_after = 10s;

 private:
  // Copies travel with answers that come later.
  struct Exchange {
    http::Request request;
    Caller caller;
    http::Responder responder;
    void send(const http::Response& response);
    void send(const http::KeptResponse& response);
  };
  using ExchangePtr = std::shared_ptr<Exchange>;

  // What somebody has just asked for, too, is sent again, without a further look; false: it is not there.
  bool send_kept(const http::Request& request, http::Responder& responder);
  void health(const ExchangePtr& exchange);
  void ready(const ExchangePtr& exchange);
  // Who is signed in, as the page asks for it.
  [[nodiscard]] std::string me_json(const Identity& identity) const;
  bool account(const ExchangePtr& exchange);
  void sign_in(const ExchangePtr& exchange);
  bool open_to_all(const ExchangePtr& exchange);
  void show_page(const ExchangePtr& exchange);
  void read(const ExchangePtr& exchange);
  void read_sessions(const ExchangePtr& exchange);
  void read_node_state(const ExchangePtr& exchange);
  void change(const ExchangePtr& exchange);
  void act(const ExchangePtr& exchange, const Identity& identity);
  static void refuse(const ExchangePtr& exchange, const BadRequest& bad);
  // Answers 401, 429 or 503 and returns false unless somebody is known.
  bool let_in(const ExchangePtr& exchange, const Identity& identity);

  StatsBackend& backend_;
  SnapshotCache& snapshots_;
  SessionCache& sessions_;
  const std::function<StatsListenerCounters()> counted_;
  StatsConfig config_;
  Rendered rendered_;
  SignIn sign_in_;
  EventStream events_;
};

}  // namespace tamada::router
