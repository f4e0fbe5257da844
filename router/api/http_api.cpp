// Dispatch, and everything that only looks. http_account.cpp has signing in, http_changes.cpp what changes.
#include "router/api/http_api.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/query_string.h"
#include "common/http/answers.h"
#include "common/loop/clock.h"
#include "router/api/action_requests.h"
#include "router/api/page.h"
#include "router/api/read_routes.h"
#include "router/stats/api/status_json.h"
#include "router/stats/haproxy/stat_query.h"
#include "router/stats/session_query.h"

namespace tamada::router {
namespace {

constexpr std::string_view admin_nodes = "/admin/nodes/";

// Whole seconds; an answer says how old it is from the first one on.
std::int64_t age_in_s(TimePoint made) {
  return std::chrono::duration_cast<std::chrono::seconds>(loop::boot_now() - made).count();
}

void add_age(http::Response& response, std::int64_t age) {
  if (age > 0) response.headers.add("Age", std::to_string(age));
}

const http::Response no_picture = http::text_answer(503, "the control loop has not answered yet; try again");

bool asks_options(const http::Request& request) {
  return request.method == "OPTIONS";
}

}  // namespace

HttpApi::HttpApi(loop::Loop& loop, StatsBackend& backend, SnapshotCache& snapshots, SessionCache& sessions,
                 std::function<StatsListenerCounters()> counted)
    : backend_(backend),
      snapshots_(snapshots),
      sessions_(sessions),
      counted_(std::move(counted)),
      sign_in_(loop),
      events_(loop, snapshots) {}

void HttpApi::configure(const StatsConfig& config) {
  if (config.login_to_read && config != config_) events_.end_all();
  config_ = config;
  rendered_.clear();
  sign_in_.configure(config);
  // Event streams stay open; so many that others still get in.
  events_.set_limit(std::max<std::size_t>(config.max_connections / 2, 1));
}

RenderOptions HttpApi::render_options() const {
  RenderOptions options;
  options.standby_status = config_.standby_status;
  options.port = counted_();
  return options;
}

// RFC 9110, 9.3.7: an answer to OPTIONS says what may be done. What would be shown is left out.
void HttpApi::Exchange::send(const http::Response& response) {
  if (!asks_options(request)) return responder.send(response);
  http::Response bare;
  bare.status = response.status;
  for (const http::Header& field : response.headers) {
    if (!http::equals_ignoring_case(field.name, "Content-Type")) bare.headers.add(field.name, field.value);
  }
  if (!bare.headers.has("Allow")) bare.headers.add("Allow", std::string(looking_methods));
  responder.send(bare);
}

void HttpApi::Exchange::send(const http::KeptResponse& response) {
  if (!asks_options(request)) return responder.send(response);
  http::Response bare = http::answer_with({}, http::text_type);
  bare.status = response.status();
  send(bare);
}

void HttpApi::answer(http::Request request, const Caller& caller, http::Responder responder) {
  // RFC 9110, 9.3.7: "*" asks about the server as a whole, as "/" does here.
  if (asks_options(request) && request.path == "*") request.path = "/";
  if (!config_.login_to_read && send_kept(request, responder)) return;
  const auto exchange =
      std::make_shared<Exchange>(Exchange{std::move(request), caller, std::move(responder)});
  if (open_to_all(exchange) || account(exchange)) return;
  if (!looks(exchange->request)) return change(exchange);
  if (!config_.login_to_read) return read(exchange);
  sign_in_.identify(exchange->request, caller, [this, exchange](const Identity& identity) {
    if (let_in(exchange, identity)) read(exchange);
  });
}

bool HttpApi::send_kept(const http::Request& request, http::Responder& responder) {
  if (!looks(request) || asks_options(request)) return false;
  const StatsSnapshotPtr snapshot = snapshots_.recent();
  if (snapshot == nullptr) return false;
  const Rendered::Answer kept = request.query.empty() ? rendered_.find(request.path, *snapshot)
                                                      : rendered_.find(target_of(request), *snapshot);
  if (kept == nullptr) return false;
  responder.send(*kept);
  return true;
}

// ---- without a login, always

bool HttpApi::open_to_all(const ExchangePtr& exchange) {
  const http::Request& request = exchange->request;
  if (!looks(request)) return false;
  if (request.path == "/health") {
    health(exchange);
  } else if (request.path == "/ready") {
    ready(exchange);
  } else if (auto file = page_file(request)) {
    exchange->send(*file);
  } else if (is_page(request) &&
             parse_page_query(request.path + "?" + request.query).format == PageFormat::page) {
    // The page asks for everything that it shows, but has marks for tools: version, process id.
    if (!config_.login_to_read) {
      show_page(exchange);
    } else {
      sign_in_.identify(request, exchange->caller, [this, exchange](const Identity& identity) {
        if (identity.kind == Identity::Kind::known) return show_page(exchange);
        exchange->send(page(nullptr));
      });
    }
  } else {
    return false;
  }
  return true;
}

void HttpApi::show_page(const ExchangePtr& exchange) {
  snapshots_.get([exchange](const StatsSnapshotPtr& snapshot) { exchange->send(page(snapshot.get())); });
}

void HttpApi::health(const ExchangePtr& exchange) {
  snapshots_.get([exchange](const StatsSnapshotPtr& snapshot) {
    const Duration age = snapshot == nullptr ? sick_after : loop::boot_now() - snapshot->now;
    if (snapshot != nullptr && age < sick_after) return exchange->send(http::text_answer(200, "alive"));
    exchange->send(
        http::text_answer(503, fmt::format("the control loop has not answered for {} s", to_ms(age) / 1000)));
  });
}

void HttpApi::ready(const ExchangePtr& exchange) {
  snapshots_.get([exchange](const StatsSnapshotPtr& snapshot) {
    if (snapshot == nullptr) return exchange->send(no_picture);
    if (snapshot->process.stopping || !snapshot->process.listening) {
      return exchange->send(http::text_answer(503, "not ready: no sessions are accepted"));
    }
    const QueryFields query = parse_query(exchange->request.query);
    if (find_field(query, "leader") && !snapshot->leader.node.is_set()) {
      return exchange->send(http::text_answer(503, "no leader is confirmed"));
    }
    // It leads all the same; whoever asks may know another router that reaches it.
    for (const NodeStats& node : snapshot->nodes) {
      const bool closed = node.view.id == snapshot->leader.node && node.view.no_connection.has_value();
      if (!find_field(query, "leader") || !closed) continue;
      return exchange->send(
          http::text_answer(503, fmt::format("the leader {} takes no connections: {}", snapshot->leader.name,
                                             node.view.no_connection->words)));
    }
    exchange->send(http::text_answer(200, "ready"));
  });
}

// ---- looking

bool HttpApi::let_in(const ExchangePtr& exchange, const Identity& identity) {
  http::Response response;
  switch (identity.kind) {
    case Identity::Kind::known:
      return true;
    case Identity::Kind::nobody:
      response = http::json_error(401, "sign in first");
      break;
    case Identity::Kind::wrong:
      response = http::json_error(401, "wrong user or password");
      backend_.record_denied("-", exchange->caller.peer, "wrong user or password");
      break;
    case Identity::Kind::slowed:
      response = http::json_error(429, "too many wrong passwords; wait a moment");
      response.headers.add("Retry-After", std::to_string(to_ms(identity.wait) / 1000 + 1));
      backend_.record_denied("-", exchange->caller.peer, "too many wrong passwords");
      break;
    case Identity::Kind::busy:
      response = http::json_error(503, "too many passwords are being checked; try again");
      response.headers.add("Retry-After", "1");
      backend_.record_denied("-", exchange->caller.peer, "too many passwords are being checked");
      break;
  }
  // A browser that is told so asks for a password in a window of its own; our page asks by itself.
  const http::Headers& headers = exchange->request.headers;
  const bool by_page = headers.has("X-Tamada-Page") || headers.has("X-Tamada-CSRF") ||
                       headers.find("Accept").value_or("").find(http::event_type) != std::string_view::npos;
  if (response.status == 401 && !by_page) {
    response.headers.add("WWW-Authenticate", "Basic realm=\"tamada-router\"");
  }
  exchange->send(response);
  return false;
}

void HttpApi::read(const ExchangePtr& exchange) {
  const http::Request& request = exchange->request;
  if (request.path == "/events") {
    http::Headers headers{{"Content-Type", std::string(http::event_type)}, {"Cache-Control", "no-store"}};
    http::add_security_headers(headers);
    if (asks_options(request)) return exchange->send(http::answer_with({}, http::event_type));
    return events_.add(std::move(exchange->responder), headers);
  }
  if (request.path == "/api/v1/sessions") return read_sessions(exchange);
  if (request.path.starts_with(admin_nodes)) return read_node_state(exchange);
  // What is there for changes only says which ones.
  if (const std::string allow = methods_to_change(request.path); !allow.empty()) {
    return refuse(exchange, {405, "expected " + allow, allow});
  }
  std::string bad;
  auto route = read_route(request, render_options(), bad);
  if (!bad.empty()) return exchange->send(http::json_error(400, bad));
  if (!route) return exchange->send(http::text_answer(404, "There is no such page; the page is at /."));
  snapshots_.get([this, exchange, route = *std::move(route)](const StatsSnapshotPtr& snapshot) {
    if (snapshot == nullptr) return exchange->send(no_picture);
    const std::string target = target_of(exchange->request);
    const std::int64_t age = age_in_s(snapshot->now);
    const Rendered::Answer kept = age > 0 ? nullptr : rendered_.find(target, *snapshot);
    if (kept != nullptr) return exchange->send(*kept);
    auto text = route.render(*snapshot);
    if (!text) return exchange->send(http::json_error(404, "there is no such thing"));
    http::Response response = http::answer_with(*std::move(text), route.type);
    add_age(response, age);
    const auto made = std::make_shared<const http::KeptResponse>(response);
    if (route.keeps && age <= 0) rendered_.keep(target, *snapshot, made);
    exchange->send(*made);
  });
}

void HttpApi::read_sessions(const ExchangePtr& exchange) {
  auto query = SessionQuery::parse(exchange->request.query);
  if (!query) return exchange->send(http::json_error(400, query.error().message));
  sessions_.get([exchange, query = *std::move(query)](const SessionListPtr& list) {
    if (list == nullptr) return exchange->send(no_picture);
    http::Response response = http::answer_with(sessions_json(*list, query), http::json_type);
    add_age(response, age_in_s(list->now));
    exchange->send(response);
  });
}

// The older GET /admin/nodes/NAME; needs a user even where looking does not.
void HttpApi::read_node_state(const ExchangePtr& exchange) {
  sign_in_.identify(exchange->request, exchange->caller, [this, exchange](const Identity& identity) {
    if (!let_in(exchange, identity)) return;
    snapshots_.get([exchange](const StatsSnapshotPtr& snapshot) {
      if (snapshot == nullptr) return exchange->send(no_picture);
      const std::string name =
          percent_decode(std::string_view(exchange->request.path).substr(admin_nodes.size()));
      auto text = node_admin_json(*snapshot, name);
      if (!text)
        return exchange->send(
            http::text_answer(404, "There is no node of this name; GET /status names them."));
      exchange->send(http::answer_with(*std::move(text), http::json_type));
    });
  });
}

}  // namespace tamada::router
