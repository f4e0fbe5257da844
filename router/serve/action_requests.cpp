#include "router/serve/action_requests.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "common/base/query_string.h"
#include "common/wire/json_reader.h"
#include "router/core/balancing.h"
#include "router/stats/session_query.h"

namespace tamada::router {
namespace {

using Json = nlohmann::json;
using Kind = Action::Kind;

// One row for each path: its parts ("*" is the node's or session's name), the method, what it does, and the
// keys that its body (or its query, for DELETE) may hold.
struct Row {
  std::array<std::string_view, 5> path;
  std::string_view method;
  Kind kind;
  std::array<std::string_view, 2> keys;
};
constexpr std::array rows{
    Row{{"api", "v1", "nodes", "*", "state"}, "PUT", Kind::administer, {"state", "listener"}},
    Row{{"api", "v1", "nodes", "*", "weight"}, "PUT", Kind::set_weight, {"weight", "listener"}},
    Row{{"api", "v1", "nodes", "*", "sessions"}, "DELETE", Kind::end_sessions, {"listener"}},
    Row{{"api", "v1", "nodes", "*", "restart"}, "POST", Kind::restart, {}},
    Row{{"api", "v1", "nodes", "*", "reinitialize"}, "POST", Kind::reinitialize, {}},
    Row{{"api", "v1", "switchover"}, "POST", Kind::switchover, {"candidate"}},
    Row{{"api", "v1", "sessions", "*"}, "DELETE", Kind::end_session, {}},
    Row{{"admin", "nodes", "*"}, "PUT", Kind::administer, {"state", "listener"}},
};

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

// The decoded name where the path fits; an empty one where the row has none.
std::optional<std::string> matches(const Row& row, const std::vector<std::string_view>& parts) {
  std::string name;
  std::size_t length = 0;
  for (const std::string_view expected : row.path) {
    if (expected.empty()) break;
    if (length >= parts.size()) return std::nullopt;
    const std::string_view part = parts[length++];
    if (expected == "*") {
      if (part.empty()) return std::nullopt;
      name = percent_decode(part);
    } else if (expected != part) {
      return std::nullopt;
    }
  }
  return length == parts.size() ? std::optional(name) : std::nullopt;
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
  auto body = wire::parse_json_object("the body", request.body);
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

std::optional<ActionRequest> action_request(const http::Request& request) {
  const std::vector<std::string_view> parts = parts_of(request.path);
  for (const Row& row : rows) {
    const auto name = matches(row, parts);
    if (!name) continue;
    if (request.method == row.method) return read(row, *name, request);
    return BadRequest{405, fmt::format("expected {}", row.method), std::string(row.method)};
  }
  return std::nullopt;
}

}  // namespace tamada::router
