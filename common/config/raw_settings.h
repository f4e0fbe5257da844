// RawSettings: what the file and the environment say, sorted by setting, before any value is understood.
//
// Everything in it has a row in the table of settings; what has not is an error already, or a note where the
// program says so. The environment has replaced the file's values where it names the same setting.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config_error.h"
#include "common/config/environment.h"
#include "common/config/settings_layout.h"
#include "common/config/yaml_tree.h"

namespace tamada {

struct Place {
  std::string file;  // or the variable's name
  int line = 0;
  int column = 0;
};

struct RawItem {
  std::string text;
  Place place;
  // A map in a list, or the whole of a tree; lives as long as the document. Null: the text is all there is.
  const YamlNode* node = nullptr;
};

struct RawValue {
  std::vector<RawItem> items;  // exactly one, unless the setting is a list
  Place place;
  bool from_environment = false;
};

struct RawSettings {
  std::map<std::string, RawValue, std::less<>> values;  // by path: "listeners.read.max_lag"
  std::map<std::string, Place, std::less<>> sections;   // of the file: "cluster.etcd"
  // Of each section whose children people name ("listeners"), the names, in order.
  std::map<std::string, std::vector<std::string>, std::less<>> names;
  // The sections in which what is missing may have been meant ("" for the top level and the environment):
  // they hold a name that nobody knows, or the file stopped being YAML within them.
  std::set<std::string, std::less<>> unclear;
  // What nobody knows, where that is no error.
  std::vector<ConfigError> notes;
  std::vector<std::string> files;  // by YamlPlace::file

  [[nodiscard]] Place place_of(const YamlPlace& place) const;
};

// `document` must outlive the answer. `files`: the name of each file that it was read from, at least one.
// Variables that do not begin with the program's prefix, or are empty, are not looked at; nor are those that
// Kubernetes and Docker set for a service whose name begins so.
RawSettings collect_settings(const YamlDocument& document, std::span<const std::string> files,
                             const SettingsLayout& layout, const Environment& environment,
                             std::vector<ConfigError>& errors);

}  // namespace tamada
