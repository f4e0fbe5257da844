// StatusServer: the HTTP side of the router for people and programs, on the addresses of `stats.bind`.
//
//   GET /status               everything, as JSON (status_report.h)
//   GET /health               200: alive
//   GET /ready                200 while sessions are accepted, else 503; /ready?leader wants a confirmed
//   leader, too GET, PUT /admin/nodes/X   state of node X by hand: {"state": "drain", "listener": "read"};
//   needs credentials GET /                     says in a line where to look
//
// HEAD works like GET without the body. Anything else is 404 or 405. It knows nothing itself: it asks its
// StatusSource. Loop thread only; loop and source must outlive it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/http/server.h"
#include "common/loop/loop.h"
#include "router/core/policy.h"
#include "router/shell/admin_states.h"
#include "router/shell/basic_auth.h"

namespace tamada::router {

class StatusSource {
 public:
  [[nodiscard]] virtual std::string status_json() const = 0;
  [[nodiscard]] virtual bool is_ready() const = 0;
  [[nodiscard]] virtual bool has_leader() const = 0;
  [[nodiscard]] virtual Access access(std::optional<std::string_view> authorization) const = 0;

  // `name`: a node's configured name, or the one it goes by. Empty: there is no such node.
  [[nodiscard]] virtual std::optional<std::string> find_node(const std::string& name) const = 0;
  [[nodiscard]] virtual bool has_listener(const std::string& name) const = 0;
  // Both take the configured name.
  [[nodiscard]] virtual NodeAdmin node_admin(const std::string& node) const = 0;
  virtual void administer(const std::string& node, const std::string& listener, AdminState state,
                          const std::string& by) = 0;

 protected:
  ~StatusSource() = default;
};

class StatusServer {
 public:
  StatusServer(loop::Loop& loop, StatusSource& source) : loop_(loop), source_(source) {}
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  // Opens what of `binds` is not open yet, beside what is; one error per address that cannot be opened.
  // Nothing is served there before commit(), which also closes what is no longer wanted; abandon() takes it
  // back.
  [[nodiscard]] std::vector<Error> prepare(const std::vector<HostPort>& binds);
  void commit();
  void abandon() { next_.clear(); }

  // As bound, with the real ports.
  [[nodiscard]] std::vector<Address> addresses() const;

 private:
  struct Bound {
    HostPort bind;
    std::unique_ptr<http::Server> server;  // in next_: null if it is open already
  };
  void answer(const http::Request& request, const http::Peer& peer, http::Responder responder) const;

  loop::Loop& loop_;
  StatusSource& source_;
  std::vector<Bound> open_;
  std::vector<Bound> next_;
};

// The answer to one request; pure but for what `source` does.
[[nodiscard]] http::Response respond(const http::Request& request, const std::string& peer,
                                     StatusSource& source);

}  // namespace tamada::router
