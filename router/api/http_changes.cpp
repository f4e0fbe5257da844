// HttpApi: requests that want to change something.
#include <array>
#include <utility>
#include <variant>

#include "common/base/secret.h"
#include "common/http/answers.h"
#include "common/http/auth/same_site.h"
#include "router/api/action_requests.h"
#include "router/api/http_api.h"
#include "router/api/read_routes.h"
#include "router/stats/api/status_json.h"

namespace tamada::router {
namespace {

int status_of(ActionResult::Kind kind) {
  switch (kind) {
    case ActionResult::Kind::done:
      return 200;
    case ActionResult::Kind::not_found:
      return 404;
    case ActionResult::Kind::refused:
      return 409;
    case ActionResult::Kind::failed:
      return 502;
    case ActionResult::Kind::not_possible:
      return 400;
  }
  return 500;
}

// A form of another site cannot send this type without asking the browser first.
bool says_json(const http::Request& request) {
  const std::string_view type = request.headers.find("Content-Type").value_or("");
  const std::string_view media = type.substr(0, type.find(';'));
  return http::equals_ignoring_case(media.substr(0, media.find(' ')), http::json_type);
}

// The older path takes what curl sends by itself, and answers as it always did.
bool is_older(const http::Request& request) {
  return request.path.starts_with("/admin/");
}

}  // namespace

// Credentials come first: whoever has none learns nothing about what there is.
void HttpApi::change(const ExchangePtr& exchange) {
  const http::Request& request = exchange->request;
  if (methods_to_change(request.path).empty()) {
    http::Response response = http::text_answer(405, "GET, HEAD or OPTIONS.");
    response.headers.add("Allow", std::string(looking_methods));
    return exchange->send(response);
  }
  if (!sign_in_.has_users()) {
    return exchange->send(
        http::json_error(403, "nothing can be changed here: set stats.users in the configuration"));
  }
  if (const auto foreign = http::foreign_site(request)) {
    backend_.record_denied("-", exchange->caller.peer, *foreign);
    return exchange->send(http::json_error(403, *foreign));
  }
  sign_in_.identify(request, exchange->caller, [this, exchange](const Identity& identity) {
    if (let_in(exchange, identity)) act(exchange, identity);
  });
}

void HttpApi::refuse(const ExchangePtr& exchange, const BadRequest& bad) {
  http::Response response = http::json_error(bad.status, bad.words);
  if (!bad.allow.empty()) response.headers.add("Allow", bad.allow);
  exchange->send(response);
}

void HttpApi::act(const ExchangePtr& exchange, const Identity& identity) {
  const http::Request& request = exchange->request;
  if (!identity.csrf.empty() &&
      !same_secret(request.headers.find("X-Tamada-CSRF").value_or(""), identity.csrf)) {
    backend_.record_denied(identity.user, exchange->caller.peer, "X-Tamada-CSRF is missing or wrong");
    return exchange->send(
        http::json_error(403, "X-Tamada-CSRF is missing or wrong: it is in GET /api/v1/me"));
  }
  if (!request.body.empty() && !is_older(request) && !says_json(request)) {
    return exchange->send(http::json_error(415, "expected Content-Type: application/json"));
  }
  ActionRequest asked = *action_request(request);
  if (const auto* bad = std::get_if<BadRequest>(&asked)) return refuse(exchange, *bad);
  Action action = std::get<Action>(std::move(asked));
  action.by = identity.user;
  action.from = exchange->caller.peer.to_string();
  const std::string node = action.node;
  backend_.act(std::move(action), [this, exchange, node](const ActionResult& result) {
    // Whoever looks now sees what was done.
    snapshots_.expire();
    sessions_.expire();
    const int status = status_of(result.kind);
    if (status != 200) return exchange->send(http::json_error(status, result.words));
    if (!is_older(exchange->request)) return exchange->send(http::json_done(result.words));
    snapshots_.get([exchange, node](const StatsSnapshotPtr& snapshot) {
      auto text = snapshot == nullptr ? std::nullopt : node_admin_json(*snapshot, node);
      exchange->send(http::answer_with(text.value_or("{}\n"), http::json_type));
    });
  });
}

}  // namespace tamada::router
