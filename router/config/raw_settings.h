// RawSettings: what the file and the environment say, sorted by setting, before any value is understood.
//
// Everything in it has a row in the table of settings; what has not is an error already. The environment has
// replaced the file's values where it names the same setting.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "router/config/config_error.h"
#include "router/config/load_router_config.h"
#include "router/config/yaml_tree.h"

namespace tamada::router {

struct Place {
  std::string file;  // or the variable's name
  int line = 0;
  int column = 0;
};

struct RawItem {
  std::string text;
  Place place;
  const YamlNode* map = nullptr;  // a node written as a map; lives as long as the tree
};

struct RawValue {
  std::vector<RawItem> items;  // exactly one, unless the setting is a list
  Place place;
  bool from_environment = false;
};

struct RawSettings {
  std::map<std::string, RawValue, std::less<>> values;  // by path: "listeners.read.max_lag"
  std::map<std::string, Place, std::less<>> sections;   // of the file: "cluster.etcd"
  std::vector<std::string> listeners;                   // their names, in order
  // The sections in which what is missing may have been meant ("" for the top level and the environment):
  // they hold a name that nobody knows, or the file stopped being YAML within them.
  std::set<std::string, std::less<>> unclear;
};

// `file` must outlive the answer.
RawSettings collect_settings(const YamlDocument& file, std::string_view file_name,
                             const Environment& environment, std::vector<ConfigError>& errors);

// "listeners.read.hold" -> "listeners.*.hold"; other paths as they are.
std::string pattern_of(std::string_view path);

// At commas and line ends; without the white space around the parts; empty parts are left out.
std::vector<std::string> split_list(std::string_view text);

}  // namespace tamada::router
