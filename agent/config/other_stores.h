// Sections of patroni.yml that this agent does not have: stores other than etcd v3, Citus, and what is gone
// from Patroni itself.
#pragma once

#include "agent/config/load_agent_config.h"
#include "common/config/environment.h"
#include "common/config/yaml_tree.h"

namespace tamada::agent {

// Takes them out of the tree; each is an error with a sentence that says what to do, or a warning where the
// rest works without. `files`: by YamlPlace::file. Was another store named? Then a missing etcd3 is no news.
bool refuse_other_stores(YamlNode& root, const std::vector<std::string>& files,
                         const Environment& environment, LoadedAgentConfig& loaded);

}  // namespace tamada::agent
