// The table of settings: everything that may be set, each with its path, type, meaning, parser and printer.
//
// The file, the environment, describe() and the checks of docs/configuration.md and
// config/router.example.yaml all go by this table; a setting exists if and only if it has a row here.
// Defaults stand in the structs (router_config.h, policy.h) and default_router_config(), nowhere else.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "router/config/router_config.h"

namespace tamada::router {

// What a row reads and writes. `listener` is the one its path speaks of (any, for other rows).
struct SettingScope {
  RouterConfig& config;
  ListenerConfig& listener;
  EtcdConfig& etcd;
};

struct Setting {
  std::string path;     // "checks.interval"; "listeners.*.max_lag" stands for each listener's
  std::string type;     // for people: "duration", "list of host:port"
  std::string meaning;  // one line for docs/configuration.md
  // Takes the text, or says why not; of a list, each item in turn after clear().
  std::function<Result<void>(SettingScope&, std::string_view)> set;
  std::function<void(SettingScope&)> clear;  // set for lists only
  // As a person would write it; of a list, the items. Empty: nothing set.
  std::function<std::vector<std::string>(const SettingScope&)> get;
  bool secret = false;      // never shown
  bool is_file = false;     // names a file that must be readable
  bool joins_list = false;  // one text for `set`; a list in the file is the same with commas

  [[nodiscard]] bool is_list() const { return clear != nullptr; }
};

// In the order of the documentation; what another row's parser needs stands before it.
std::span<const Setting> settings();

// The row with this pattern ("listeners.*.hold"), or null.
const Setting* find_setting(std::string_view pattern);

// Does any row stand under it? "checks", "listeners.*"
bool is_section(std::string_view pattern);

// The names directly under a section: "checks" -> interval, fast_interval, ...
std::vector<std::string_view> names_under(std::string_view section);

// "listeners.*.max_lag" -> "TAMADA_LISTENERS_*_MAX_LAG"; "listeners.read.max_lag" likewise.
std::string variable_name(std::string_view path);

// A listener as it is before anybody has set anything. "write" and "read" have an address and a target;
// another name has none: both must be given.
ListenerConfig default_listener(std::string_view name);

// Without file and environment: no nodes, the listeners write and read, statistics on port 7000.
RouterConfig default_router_config();

}  // namespace tamada::router
