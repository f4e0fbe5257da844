// The router's table of settings: everything that may be set (common/config/settings_table.h says what a row
// is).
//
// The file, the environment, describe() and the checks of docs/configuration.md and
// config/router.example.yaml all go by this table; a setting exists if and only if it has a row here.
// Defaults stand in the structs (router_config.h, policy.h) and default_router_config(), nowhere else.
#pragma once

#include <string_view>

#include "common/config/settings_table.h"
#include "router/config/router_config.h"

namespace tamada::router {

// What a row reads and writes. `listener` is the one its path speaks of (any, for other rows).
struct SettingScope {
  RouterConfig& config;
  ListenerConfig& listener;
  EtcdConfig& etcd;
};

using Setting = SettingRow<SettingScope>;

const SettingsTable<SettingScope>& settings();

// A listener as it is before anybody has set anything. "write" and "read" have an address and a target;
// another name has none: both must be given.
ListenerConfig default_listener(std::string_view name);

// Without file and environment: no nodes, the listeners write and read, statistics on port 7000.
RouterConfig default_router_config();

}  // namespace tamada::router
