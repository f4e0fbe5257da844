// What an agent finds and makes before its loop begins: everything that may block, or that must be right for it to start at all.
#pragma once

#include <string>
#include <vector>

#include "agent/config/agent_config.h"
#include "agent/config/config_checks.h"
#include "agent/guard/client/guard_place.h"
#include "agent/postgres/formats/described_settings.h"
#include "common/base/result.h"
#include "common/config/environment.h"
#include "common/process/exec_helper.h"

namespace tamada::agent {

struct StartState {
  AgentConfig config;
  std::string config_path;            // file or folder; empty: by variables
  std::vector<std::string> warnings;  // of it, which have been told
  Environment environment;            // PATRONI_*
  // Of the lock's record, of what was seen of etcd, and of the guard: outside of the data directory, since base backups and
  // rewinds copy what lies inside.
  std::string state_dir;
  guard::GuardPlace place;
  int server_version = 0;            // 150018
  DescribedSettings known_settings;  // that the programs know
  std::string dynamic_copy;          // patroni.dynamic.json of the data directory; empty: none
};

// TAMADA_STATE_DIR, else systemd's STATE_DIRECTORY, in each a folder of this cluster and node; else DATA_DIRECTORY.tamada beside
// the data directory.
[[nodiscard]] std::string state_directory(const AgentConfig& config, const Environment& environment);

// What the node's own file asks for and this version does not have: errors, "... is not supported yet". Pure.
[[nodiscard]] std::vector<ConfigFinding> unsupported_settings(const AgentConfig& config);

// postgresql.bin_dir where nobody says it: the first folder of PATH that has PostgreSQL. Blocks on the disk.
void find_programs(AgentConfig& config);

// Blocks. Errors name what is missing and what to do.
[[nodiscard]] Result<StartState> prepare_start(AgentConfig config, std::string config_path,
                                               Environment environment, const ExecHelper& helper);

}  // namespace tamada::agent
