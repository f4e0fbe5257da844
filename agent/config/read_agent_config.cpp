// The parts of load_agent_config.h that touch the disk.
#include <filesystem>
#include <system_error>

#include "agent/config/load_agent_config.h"
#include "common/files/small_file.h"

namespace tamada::agent {

namespace {

constexpr const char* whole_configuration = "PATRONI_CONFIGURATION";

bool is_there(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && std::filesystem::exists(path, ignored);
}

}  // namespace

LoadedAgentConfig read_agent_config(const std::string& path, const Environment& environment,
                                    const FileReader& read_file) {
  const auto whole = environment.find(whole_configuration);
  const bool has_whole = whole != environment.end() && !whole->second.empty();
  if (!is_there(path) && has_whole) {
    LoadedAgentConfig loaded = load_agent_config(whole->second, whole_configuration, {});
    if (environment.size() > 1) {
      loaded.warnings.push_back(
          {WarningKind::no_effect,
           {whole_configuration, 0, 0, "",
            "the other PATRONI_ variables do not count beside this one, as for Patroni"}});
    }
    return loaded;
  }
  if (path.empty()) return load_agent_config("", "environment", environment);
  std::vector<ConfigError> errors;
  ReadConfig read = read_config_files(path, read_file, agent_yaml_options, errors);
  return load_agent_config(std::move(read), environment, std::move(errors));
}

LoadedAgentConfig read_agent_config(const std::string& path, const Environment& environment) {
  return read_agent_config(path, environment, [](const std::string& file) { return read_small_file(file); });
}

}  // namespace tamada::agent
