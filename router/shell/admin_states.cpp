#include "router/shell/admin_states.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace tamada::router {
namespace {

using Json = nlohmann::json;

Result<AdminState> read_state(const Json& value, const std::string& place) {
  if (value.is_string()) {
    if (const auto state = admin_state(value.get_ref<const std::string&>())) return *state;
  }
  return fail(ErrorKind::invalid,
              fmt::format("{}: found {}, expected \"ready\", \"drain\" or \"maintenance\"", place,
                          value.dump(-1, ' ', true, Json::error_handler_t::replace)));
}

}  // namespace

void AdminStates::set(const std::string& node, const std::string& listener, AdminState state) {
  NodeAdmin& admin = nodes_[node];
  if (listener.empty()) {
    admin.all = state;
    admin.listeners.clear();
  } else if (state == admin.all) {
    admin.listeners.erase(listener);
  } else {
    admin.listeners[listener] = state;
  }
  if (admin == NodeAdmin{}) nodes_.erase(node);
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
    nodes[name] = {{"state", name_of(admin.all)}, {"listeners", std::move(listeners)}};
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
    states.set(name, "", *all);
    const auto listeners = node.find("listeners");
    if (listeners == node.end()) continue;
    if (!listeners->is_object()) return fail(ErrorKind::invalid, place + ".listeners: expected an object");
    for (const auto& [listener, value] : listeners->items()) {
      const auto state = read_state(value, place + ".listeners." + listener);
      if (!state) return tl::make_unexpected(state.error());
      states.set(name, listener, *state);
    }
  }
  return states;
}

}  // namespace tamada::router
