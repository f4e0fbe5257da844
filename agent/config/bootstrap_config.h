// How the first node of a new cluster makes its data directory.
#pragma once

#include <string>
#include <vector>

#include "agent/config/program_options.h"

namespace tamada::agent {

struct BootstrapConfig {
  bool is_given = false;                    // there is such a section: this node may found a cluster
  ConfigValue dcs = ConfigValue::object();  // becomes the shared configuration, once
  std::string method = "initdb";            // or the name of one of `methods`
  std::vector<ProgramOption> initdb;
  std::vector<CustomMethod> methods;
  std::string post_bootstrap;       // a command; also written post_init
  std::vector<std::string> pg_hba;  // lines added to what initdb wrote
  bool operator==(const BootstrapConfig&) const = default;
};

}  // namespace tamada::agent
