// From a node's patroni.yml and PATRONI_* variables to an AgentConfig, with every error and every warning in
// them at once, each with its line and column. Pure, but for what the caller reads.
//
// Of one setting the variable counts before the file. A setting that nobody knows is a warning that names the
// place or the name that was probably meant, since Patroni takes such files; so is what Patroni takes, but not
// as it looks. Errors are what cannot work or what would work in another way than it was meant: nothing is
// started then, and a running agent keeps what it has. Secrets never stand in a message.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/agent_config.h"
#include "common/config/config_error.h"
#include "common/config/environment.h"
#include "common/config/file_reader.h"
#include "common/config/source/config_files.h"

namespace tamada::agent {

enum class WarningKind : std::uint8_t {
  unknown,       // no such setting
  adjusted,      // taken, but not as it was written
  no_effect,     // something else keeps it from having any effect
  not_used_yet,  // of Patroni; without effect in this version
  gone,          // of an older Patroni
  doubtful,      // taken as written, which is probably not what was meant
};

struct ConfigWarning {
  WarningKind kind = WarningKind::doubtful;
  ConfigError place;  // where, and the words
  bool operator==(const ConfigWarning&) const = default;
};

struct LoadedAgentConfig {
  AgentConfig config;  // to be used only without errors
  std::vector<ConfigError> errors;
  std::vector<ConfigWarning> warnings;
  [[nodiscard]] bool ok() const { return errors.empty(); }
};

// `read`: the files as one document (read_config_files() with agent_yaml_options), and what was wrong with
// them already. Only PATRONI_* variables are looked at.
[[nodiscard]] LoadedAgentConfig load_agent_config(ReadConfig read, const Environment& environment,
                                                  std::vector<ConfigError> errors = {});

// One text, for tests and fuzzers.
[[nodiscard]] LoadedAgentConfig load_agent_config(std::string_view text, std::string_view file_name,
                                                  const Environment& environment);

// What Patroni's files may have beyond plain YAML.
inline constexpr YamlOptions agent_yaml_options{.aliases = true, .long_quotes = true};

// `path`: a file, or a directory whose *.yml and *.yaml count together. Without a path, or where nothing is
// there: the YAML in PATRONI_CONFIGURATION, and then, as for Patroni, no other variable counts; without that
// one: the variables alone, if there is no path. Blocks on the disk.
[[nodiscard]] LoadedAgentConfig read_agent_config(const std::string& path, const Environment& environment,
                                                  const FileReader& read_file);
[[nodiscard]] LoadedAgentConfig read_agent_config(const std::string& path, const Environment& environment);

}  // namespace tamada::agent
