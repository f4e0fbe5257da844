#include "router/config/node_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "router/config/router_values.h"

namespace tamada::router {

namespace {

constexpr std::array<std::string_view, 3> node_settings{"name", "postgres", "api"};

// By the order of `node_settings`; null: not given.
using Found = std::array<const YamlNode*, node_settings.size()>;

Found find_settings(const YamlNode& map, std::vector<SettingFault>& faults) {
  Found found{};
  for (const auto& [key, value] : map.entries) {
    const auto known = std::find(node_settings.begin(), node_settings.end(), key.text);
    if (known == node_settings.end()) {
      const std::string hint = did_you_mean(key.text, node_settings);
      faults.push_back({key.place, fmt::format("unknown setting \"{}\" of a node{}", key.text.substr(0, 60),
                                               hint.empty() ? "; expected " + listed(node_settings) : hint)});
    } else if (value.kind != YamlNode::Kind::scalar || value.text.empty()) {
      faults.push_back({key.place, fmt::format("{}: expected text", key.text)});
    } else if (const auto why = refused_text(value.text); !why.empty()) {
      faults.push_back({key.place, fmt::format("{}: {}", key.text, why)});
    } else {
      found[static_cast<std::size_t>(known - node_settings.begin())] = &value;
    }
  }
  return found;
}

}  // namespace

std::vector<SettingFault> take_node_map(const YamlNode& map, ClusterConfig& cluster) {
  std::vector<SettingFault> faults;
  const auto [name, postgres, api] = find_settings(map, faults);
  if (!faults.empty()) return faults;
  if (name == nullptr && postgres == nullptr && api == nullptr) {
    return {{map.place, "an empty node; expected e.g. {name: pg1, postgres: \"pg1:5432\"}"}};
  }
  NodeConfig node;
  const auto check = [&](const auto& result, const YamlNode& from) {
    if (!result) faults.push_back({from.place, result.error().message});
  };
  if (api != nullptr) check(parse_api(api->text, cluster.api_scheme, cluster.api_port, node), *api);
  if (const YamlNode* from = postgres != nullptr ? postgres : api != nullptr ? nullptr : name) {
    auto parsed = HostPort::parse(from->text, cluster.postgres_port);
    check(parsed, *from);
    if (parsed) node.postgres = *parsed;
  } else {
    node.postgres = {node.api.host, cluster.postgres_port};
  }
  if (!faults.empty()) return faults;
  if (api == nullptr) {
    node.api_scheme = cluster.api_scheme;
    node.api = {node.postgres.host, cluster.api_port};
  }
  node.name = name != nullptr ? name->text : node.postgres.host;
  cluster.nodes.push_back(std::move(node));
  return faults;
}

}  // namespace tamada::router
