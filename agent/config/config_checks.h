// What --validate-config finds beyond the loader's errors: a configuration that loads, and cannot do what it
// is for. validate() looks at the values alone; the other functions at the machine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/config/agent_config.h"
#include "common/base/result.h"

namespace tamada::agent {

struct ConfigFinding {
  enum class Severity : std::uint8_t { error, warning };
  Severity severity = Severity::error;
  std::string path;  // of the setting: "postgresql.connect_address"
  std::string message;
  bool operator==(const ConfigFinding&) const = default;
};

// Pure.
[[nodiscard]] std::vector<ConfigFinding> validate(const AgentConfig& config);

struct MachineOptions {
  bool ports_free = true;   // false: an agent or PostgreSQL may be running here already
  std::string search_path;  // PATH, for programs where bin_dir is empty
  // The major version that `PROGRAM --version` tells; none: the data directory's is not compared with it.
  std::function<Result<int>(const std::string& program)> major_version = {};
};

// Files that settings name can be read, programs are there, addresses can be listened on, and the data
// directory is empty, missing, or one of the programs' version. Blocks on the disk; binds and closes sockets.
[[nodiscard]] std::vector<ConfigFinding> check_machine(const AgentConfig& config,
                                                       const MachineOptions& options);

}  // namespace tamada::agent
