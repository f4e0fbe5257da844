// What each path of the status server answers.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "router/shell/status_server.h"

namespace tamada::router {
namespace {

using Json = nlohmann::ordered_json;

http::Response json_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = std::move(body);
  return response;
}

http::Response text(int status, std::string_view words) {
  http::Response response = http::text_response(status, words);
  response.headers.add("Cache-Control", "no-store");
  return response;
}

// "%41" is 'A'; a '%' without two digits stands for itself.
std::string decode(std::string_view text) {
  const auto digit = [](char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
  };
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string admin_json(const std::string& node, const NodeAdmin& admin) {
  Json listeners = Json::object();
  for (const auto& [listener, state] : admin.listeners) listeners[listener] = name_of(state);
  const Json all{{"name", node}, {"state", name_of(admin.all)}, {"listeners", std::move(listeners)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Empty if the credentials are right.
std::optional<http::Response> turn_away(const http::Request& request, const StatusSource& source) {
  switch (source.access(request.headers.find("Authorization"))) {
    case Access::granted:
      return std::nullopt;
    case Access::closed:
      return text(403, "Nothing can be changed here: set stats.admin_user and stats.admin_password.");
    case Access::unnamed:
    case Access::refused:
      break;
  }
  http::Response response = text(401, "Wrong or no credentials.");
  response.headers.add("WWW-Authenticate", "Basic realm=\"tamada-router\"");
  return response;
}

http::Response change_state(const std::string& node, const http::Request& request, const std::string& peer,
                            StatusSource& source) {
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return text(400, "Expected a JSON object: {\"state\": \"drain\"}.");
  const auto state_given = body.find("state");
  const auto state = state_given != body.end() && state_given->is_string()
                         ? admin_state(state_given->get_ref<const std::string&>())
                         : std::nullopt;
  if (!state) return text(400, "state: expected \"drain\", \"maintenance\" or \"ready\".");
  std::string listener;
  if (const auto given = body.find("listener"); given != body.end() && !given->is_null()) {
    if (!given->is_string() || !source.has_listener(given->get_ref<const std::string&>())) {
      return text(400, "listener: there is none of this name.");
    }
    listener = given->get<std::string>();
  }
  for (const auto& [key, value] : body.items()) {
    if (key != "state" && key != "listener") {
      return text(400,
                  fmt::format("Unknown key \"{}\": expected \"state\" and \"listener\".", key.substr(0, 64)));
    }
  }
  source.administer(node, listener, *state, peer);
  return json_response(200, admin_json(node, source.node_admin(node)));
}

http::Response admin(const http::Request& request, const std::string& peer, StatusSource& source) {
  constexpr std::string_view prefix = "/admin/nodes/";
  // Credentials first: whoever has none learns nothing, not even which nodes there are.
  if (auto refusal = turn_away(request, source)) return *std::move(refusal);
  const std::string_view path = request.path;
  if (path.substr(0, prefix.size()) != prefix) return text(404, "There is only /admin/nodes/NAME.");
  const auto node = source.find_node(decode(path.substr(prefix.size())));
  if (!node) return text(404, "There is no node of this name; GET /status names them.");
  if (request.method == "GET" || request.method == "HEAD") {
    return json_response(200, admin_json(*node, source.node_admin(*node)));
  }
  if (request.method == "PUT") return change_state(*node, request, peer, source);
  http::Response response = text(405, "GET or PUT.");
  response.headers.add("Allow", "GET, HEAD, PUT");
  return response;
}

http::Response ready(const http::Request& request, const StatusSource& source) {
  if (!source.is_ready()) return text(503, "not ready: no sessions are accepted");
  const bool wants_leader = request.query == "leader" || request.query.rfind("leader=", 0) == 0 ||
                            request.query.rfind("leader&", 0) == 0;
  if (wants_leader && !source.has_leader()) return text(503, "no leader is confirmed");
  return text(200, "ready");
}

}  // namespace

http::Response respond(const http::Request& request, const std::string& peer, StatusSource& source) {
  if (request.path == "/admin" || request.path.rfind("/admin/", 0) == 0) return admin(request, peer, source);

  const bool known = request.path == "/" || request.path == "/status" || request.path == "/health" ||
                     request.path == "/ready";
  if (!known) return text(404, "There is no such page; look at /status.");
  if (request.method != "GET" && request.method != "HEAD") {
    http::Response response = text(405, "GET or HEAD.");
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  if (request.path == "/status") return json_response(200, source.status_json());
  if (request.path == "/health") return text(200, "alive");
  if (request.path == "/ready") return ready(request, source);
  return text(200, "tamada-router: the state of everything, as JSON, is at /status");
}

}  // namespace tamada::router
