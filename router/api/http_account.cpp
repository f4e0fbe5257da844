// HttpApi: who is signed in, signing in and out.
#include <nlohmann/json.hpp>

#include <utility>

#include "common/http/answers.h"
#include "common/http/auth/same_site.h"
#include "common/json/json_reader.h"
#include "router/api/http_api.h"
#include "router/api/read_routes.h"

namespace tamada::router {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string HttpApi::me_json(const Identity& identity) const {
  const bool known = identity.kind == Identity::Kind::known;
  const Json me{{"user", known ? Json(identity.user) : Json(nullptr)},
                {"csrf", known && !identity.csrf.empty() ? Json(identity.csrf) : Json(nullptr)},
                {"can_act", sign_in_.has_users()},
                {"login_to_read", config_.login_to_read},
                {"patroni", sign_in_.has_users()}};
  return me.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool HttpApi::account(const ExchangePtr& exchange) {
  const http::Request& request = exchange->request;
  if (request.path == "/api/v1/me" && looks(request)) {
    exchange->send(
        http::answer_with(me_json(sign_in_.by_cookie(request, exchange->caller)), http::json_type));
    return true;
  }
  const bool in = request.path == "/api/v1/sign-in";
  const bool out = request.path == "/api/v1/sign-out";
  if (!in && !out) return false;
  if (request.method != "POST") {
    http::Response response = http::json_error(405, "expected POST");
    response.headers.add("Allow", "POST");
    exchange->send(response);
  } else if (const auto foreign = http::foreign_site(request)) {
    // Nobody shall be signed in as somebody else, or out, by another site.
    exchange->send(http::json_error(403, *foreign));
  } else if (out) {
    const Identity identity = sign_in_.by_cookie(request, exchange->caller);
    if (identity.kind == Identity::Kind::known) {
      backend_.record("stats.sign_out", identity.user, exchange->caller.peer.to_string(), "by themselves");
    }
    const std::string cookie = sign_in_.sign_out(request, exchange->caller);
    if (config_.login_to_read) events_.end_all();
    http::Response response = http::answer_with(me_json({}), http::json_type);
    response.headers.add("Set-Cookie", cookie);
    exchange->send(response);
  } else {
    sign_in(exchange);
  }
  return true;
}

void HttpApi::sign_in(const ExchangePtr& exchange) {
  if (!sign_in_.has_users()) {
    return exchange->send(http::json_error(403, "nobody can sign in: set stats.users in the configuration"));
  }
  // The error of the body is not told: it may quote the password.
  const auto body = parse_json_object("the body", exchange->request.body);
  const auto has_text = [&](const char* key) { return body->contains(key) && body->at(key).is_string(); };
  if (!body || !has_text("user") || !has_text("password")) {
    return exchange->send(http::json_error(400, R"(expected {"user": "...", "password": "..."}, each once)"));
  }
  sign_in_.sign_in(body->at("user").get<std::string>(), body->at("password").get<std::string>(),
                   exchange->caller, [this, exchange](const Identity& identity, const std::string& cookie) {
                     if (!let_in(exchange, identity)) return;
                     backend_.record("stats.sign_in", identity.user, exchange->caller.peer.to_string(),
                                     "with a password");
                     http::Response response = http::answer_with(me_json(identity), http::json_type);
                     response.headers.add("Set-Cookie", cookie);
                     exchange->send(response);
                   });
}

}  // namespace tamada::router
