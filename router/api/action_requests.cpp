#include "router/api/action_requests.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/query_string.h"
#include "common/http/route_table.h"
#include "common/json/json_reader.h"
#include "router/balance/balancing.h"
#include "router/stats/session_query.h"

namespace tamada::router {
namespace {

using Json = nlohmann::json;
using Kind = Action::Kind;

// What a path does, and the keys that its body (or its query, for DELETE) may hold.
struct Row {
  Kind kind;
  std::array<std::string_view, 2> keys;
};

// The star is the node's or session's name.
const http::RouteTable<Row>& routes() {
  static const http::RouteTable<Row> table{{
      {"PUT", "/api/v1/nodes/*/state", {Kind::administer, {"state", "listener"}}},
      {"PUT", "/api/v1/nodes/*/weight", {Kind::set_weight, {"weight", "listener"}}},
      {"DELETE", "/api/v1/nodes/*/sessions", {Kind::end_sessions, {"listener"}}},
      {"POST", "/api/v1/nodes/*/restart", {Kind::restart, {}}},
      {"POST", "/api/v1/nodes/*/reinitialize", {Kind::reinitialize, {}}},
      {"POST", "/api/v1/switchover", {Kind::switchover, {"candidate"}}},
      {"DELETE", "/api/v1/sessions/*", {Kind::end_session, {}}},
      {"PUT", "/admin/nodes/*", {Kind::administer, {"state", "listener"}}},
  }};
  return table;
}

BadRequest bad(std::string words) {
  return {400, std::move(words), {}};
}

std::string shown(std::string_view text) {
  return std::string(text.substr(0, 64));
}

std::optional<AdminState> state_of(std::string_view word) {
  if (word == "ready") return AdminState::ready;
  if (word == "drain") return AdminState::drain;
  if (word == "maintenance") return AdminState::maintenance;
  return std::nullopt;
}

// ---- the fields

std::optional<BadRequest> take_text(const Json& value, std::string_view key, std::string& into) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_string()) return bad(fmt::format("{}: expected a text", key));
  into = value.get<std::string>();
  return std::nullopt;
}

std::optional<BadRequest> take(Action& action, std::string_view key, const Json& value) {
  if (key == "listener") return take_text(value, key, action.listener);
  if (key == "candidate") return take_text(value, key, action.node);
  if (key == "state") {
    const auto state = value.is_string() ? state_of(value.get_ref<const std::string&>()) : std::nullopt;
    if (!state) return bad(R"(state: expected "drain", "maintenance" or "ready")");
    action.state = *state;
    return std::nullopt;
  }
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > weight_max) {
    return bad(fmt::format("weight: expected a whole number from 0 to {}", weight_max));
  }
  action.weight = value.get<std::uint32_t>();
  return std::nullopt;
}

std::optional<BadRequest> take_all(Action& action, const Row& row, const Json& fields) {
  for (const auto& [key, value] : fields.items()) {
    if (std::find(row.keys.begin(), row.keys.end(), key) == row.keys.end() || key.empty()) {
      return bad(fmt::format(
          "unknown key \"{}\"; expected {}", shown(key),
          row.keys[0].empty()
              ? "none"
              : fmt::format("{}{}{}", row.keys[0], row.keys[1].empty() ? "" : " and ", row.keys[1])));
    }
    if (auto wrong = take(action, key, value)) return wrong;
  }
  for (const std::string_view needed : {std::string_view("state"), std::string_view("weight")}) {
    if (std::find(row.keys.begin(), row.keys.end(), needed) != row.keys.end() && !fields.contains(needed)) {
      return bad(fmt::format("{} is missing", needed));
    }
  }
  return std::nullopt;
}

// The body as a JSON object. A request without a body is one that sets nothing.
std::variant<Json, BadRequest> fields_of(const http::Request& request) {
  Json fields = Json::object();
  if (request.method == "DELETE") {
    for (const auto& [key, value] : parse_query(request.query)) {
      if (fields.contains(key)) return bad(fmt::format("\"{}\" is given twice in the query", shown(key)));
      fields[key] = value;
    }
    return fields;
  }
  if (request.body.empty()) return fields;
  auto body = parse_json_object("the body", request.body);
  if (!body) {
    return bad(fmt::format("{}; expected e.g. {{\"state\": \"drain\"}}", body.error().message));
  }
  return *std::move(body);
}

ActionRequest read(const Row& row, std::string name, const http::Request& request) {
  Action action;
  action.kind = row.kind;
  if (row.kind == Kind::end_session) {
    const auto session = session_id(name);
    if (!session) return BadRequest{404, session.error().message, {}};
    action.session = *session;
  } else {
    action.node = std::move(name);
  }
  const auto fields = fields_of(request);
  if (const auto* wrong = std::get_if<BadRequest>(&fields)) return *wrong;
  if (auto wrong = take_all(action, row, std::get<Json>(fields))) return *std::move(wrong);
  return action;
}

}  // namespace

std::string methods_to_change(std::string_view path) {
  return routes().find({}, path).allow;
}

std::optional<ActionRequest> action_request(const http::Request& request) {
  const auto match = routes().find(request.method, request.path);
  if (match.status() == 404) return std::nullopt;
  if (match.value == nullptr) return BadRequest{405, fmt::format("expected {}", match.allow), match.allow};
  return read(*match.value, match.stars.empty() ? std::string() : percent_decode(match.stars[0]), request);
}

}  // namespace tamada::router
