// What people write in a configuration to be handed to a program: options, and methods of their own.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/patroni/dynamic/python_value.h"

namespace tamada::agent {

using patroni::ConfigValue;

// One option of initdb, pg_basebackup or pg_rewind: --name or --name=value.
struct ProgramOption {
  std::string name;
  std::optional<std::string> value;
  bool operator==(const ProgramOption&) const = default;
};

// A way to make a data directory that people wrote themselves: a section of bootstrap (the first node of a
// cluster) or of postgresql (a replica).
struct CustomMethod {
  std::string name;
  std::string command;                       // as a shell would split it into words; nobody expands anything
  bool no_params = false;                    // --scope, --datadir, ... are not added
  bool no_leader = false;                    // a replica: may run without a leader to copy from
  bool keep_data = false;                    // a replica: the data directory is not emptied before
  bool keep_existing_recovery_conf = false;  // bootstrap
  ConfigValue recovery_conf;                 // bootstrap: an object, or null
  // All further settings of the section in their order, as text: --name=value. For a replica these hold
  // no_leader and keep_data, too, since Patroni hands them on.
  std::vector<std::pair<std::string, std::string>> arguments;
  bool operator==(const CustomMethod&) const = default;
};

}  // namespace tamada::agent
