#include "router/control/admin_states.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <utility>

namespace tamada::router {
namespace {

using Json = nlohmann::json;

std::int64_t in_ms(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

std::chrono::system_clock::time_point from_ms(std::int64_t ms) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(ms));
}

Result<AdminState> read_state(const Json& value, const std::string& place) {
  if (value.is_string()) {
    if (const auto state = admin_state(value.get_ref<const std::string&>())) return *state;
  }
  return fail(ErrorKind::invalid,
              fmt::format("{}: found {}, expected \"ready\", \"drain\" or \"maintenance\"", place,
                          value.dump(-1, ' ', true, Json::error_handler_t::replace)));
}

}  // namespace

void AdminStates::set(const std::string& node, const std::string& listener, AdminState state,
                      const AdminRequest& request) {
  NodeAdmin& admin = nodes_[node];
  admin.request = request;
  if (listener.empty()) {
    admin.all = state;
    admin.listeners.clear();
  } else if (state == admin.all) {
    admin.listeners.erase(listener);
  } else {
    admin.listeners[listener] = state;
  }
  if (admin.is_ready()) nodes_.erase(node);
}

NodeAdmin AdminStates::of(std::string_view node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? NodeAdmin{} : found->second;
}

std::string AdminStates::to_text() const {
  Json nodes = Json::object();
  for (const auto& [name, admin] : nodes_) {
    Json listeners = Json::object();
    for (const auto& [listener, state] : admin.listeners) listeners[listener] = name_of(state);
    Json& node = nodes[name] = {{"state", name_of(admin.all)}, {"listeners", std::move(listeners)}};
    if (!admin.request.by.empty()) node["by"] = admin.request.by;
    if (admin.request.since) node["since_at"] = in_ms(*admin.request.since);
  }
  return Json{{"version", 1}, {"nodes", std::move(nodes)}}.dump(2, ' ', false,
                                                                Json::error_handler_t::replace) +
         "\n";
}

Result<AdminStates> AdminStates::from_text(std::string_view text) {
  const Json file = Json::parse(text, nullptr, false);
  if (file.is_discarded()) return fail(ErrorKind::invalid, "not JSON");
  if (!file.is_object() || file.value("version", Json()) != Json(1)) {
    return fail(ErrorKind::invalid, "expected an object with \"version\": 1");
  }
  const auto nodes = file.find("nodes");
  if (nodes == file.end() || !nodes->is_object())
    return fail(ErrorKind::invalid, "nodes: expected an object");

  AdminStates states;
  for (const auto& [name, node] : nodes->items()) {
    const std::string place = "nodes." + name;
    if (!node.is_object()) return fail(ErrorKind::invalid, place + ": expected an object");
    const auto all = read_state(node.value("state", Json()), place + ".state");
    if (!all) return tl::make_unexpected(all.error());
    AdminRequest request;
    if (const auto by = node.find("by"); by != node.end() && by->is_string())
      request.by = by->get<std::string>();
    if (const auto at = node.find("since_at"); at != node.end() && at->is_number_integer()) {
      request.since = from_ms(at->get<std::int64_t>());
    }
    states.set(name, "", *all, request);
    const auto listeners = node.find("listeners");
    if (listeners == node.end()) continue;
    if (!listeners->is_object()) return fail(ErrorKind::invalid, place + ".listeners: expected an object");
    for (const auto& [listener, value] : listeners->items()) {
      const auto state = read_state(value, place + ".listeners." + listener);
      if (!state) return tl::make_unexpected(state.error());
      states.set(name, listener, *state, request);
    }
  }
  return states;
}

}  // namespace tamada::router
