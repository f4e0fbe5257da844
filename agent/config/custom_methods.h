// The sections of bootstrap and postgresql that people name: custom ways to make a data directory.
#pragma once

#include <string>
#include <vector>

#include "agent/config/program_options.h"
#include "common/config/settings_table.h"
#include "common/config/yaml_tree.h"

namespace tamada::agent {

struct FoundMethods {
  std::vector<CustomMethod> methods;
  std::vector<SettingFault> faults;
};

// Takes such sections out of `section` (the map `bootstrap` or `postgresql`, named by `path`): maps with a
// name that is no setting there, and that is one of `names` or that hold a command.
[[nodiscard]] FoundMethods take_methods(YamlNode& section, const std::string& path,
                                        const std::vector<std::string>& names);

// The texts of a list or of one text with commas under this key of a map; none where there is something else.
[[nodiscard]] std::vector<std::string> names_under(const YamlNode& section, const std::string& key);

}  // namespace tamada::agent
