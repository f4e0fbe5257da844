#include "agent/control/control_start.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stop_token>

#include "agent/postgres/postgres_tools.h"
#include "agent/server/settings/server_files.h"
#include "common/files/small_file.h"
#include "common/process/spawn.h"

namespace tamada::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t folder_name_max = 60;

// A folder's name that scope and name give, whatever they hold.
std::string folder_of(const AgentConfig& config) {
  std::string made = config.scope + "-" + config.name;
  for (char& letter : made) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '-' && letter != '.') letter = '_';
  }
  return made.substr(0, folder_name_max);
}

Result<void> make_folder(const std::string& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (!code) fs::permissions(path, fs::perms::owner_all, code);
  if (!code) return {};
  return fail(
      ErrorKind::system,
      fmt::format(
          "cannot use the folder {} for the agent's state: {}; make it writable for this user, or name "
          "another one in TAMADA_STATE_DIR",
          path, code.message()));
}

}  // namespace

std::string state_directory(const AgentConfig& config, const Environment& environment) {
  for (const char* variable : {"TAMADA_STATE_DIR", "STATE_DIRECTORY"}) {
    const auto found = environment.find(variable);
    if (found != environment.end() && !found->second.empty()) {
      return fs::path(found->second) / folder_of(config);
    }
  }
  return config.postgres.data_dir + ".tamada";
}

std::vector<ConfigFinding> unsupported_settings(const AgentConfig& config) {
  std::vector<ConfigFinding> findings;
  const auto add = [&findings](const std::string& path, const std::string& words) {
    findings.push_back({ConfigFinding::Severity::error, path, words});
  };
  for (const patroni::Unsupported what : patroni::read_dynamic_settings(config.bootstrap.dcs).unsupported) {
    add("bootstrap.dcs", fmt::format("{} is not supported yet; leave it out, or stay with Patroni for now",
                                     patroni::name_of(what)));
  }
  if (config.watchdog.mode == WatchdogConfig::Mode::required) {
    add("watchdog.mode",
        "required is not supported yet: the guard ends PostgreSQL in time, but no device resets the machine; "
        "set it to automatic or off");
  }
  if (config.etcd.endpoints.empty() && !config.etcd.srv.empty()) {
    add("etcd3.srv", "SRV records are not supported yet; name the members in etcd3.hosts");
  }
  return findings;
}

void find_programs(AgentConfig& config) {
  SharedPostgres& postgres = config.postgres.shared;
  if (!postgres.bin_dir.empty()) return;
  const auto renamed = postgres.bin_name.find("postgres");
  const std::string name = renamed == postgres.bin_name.end() ? "postgres" : renamed->second;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::error_code code;
    if (folder.empty() || !fs::is_regular_file(fs::path(folder) / name, code)) continue;
    postgres.bin_dir = folder;
    config.postgres.given.insert("bin_dir");
    return;
  }
}

Result<StartState> prepare_start(AgentConfig config, std::string config_path, Environment environment,
                                 const ExecHelper& helper) {
  StartState start;
  find_programs(config);
  start.state_dir = state_directory(config, environment);
  if (auto made = make_folder(start.state_dir); !made) return tl::make_unexpected(made.error());
  auto place = guard::GuardPlace::find(config.postgres.data_dir, config.name, start.state_dir);
  if (!place) return tl::make_unexpected(place.error());
  start.place = *std::move(place);

  const ServerSetupPtr setup = make_server_setup(config, ConfigValue::object(), {}, 0);
  ChildToolRunner looking(helper);
  const fs::path postgres = server_program(*setup, "postgres");
  const PostgresTools tools(looking, looking,
                            {postgres.parent_path(), tool_environment(environment_of(environment_now()))});
  const auto version = tools.server_version(std::stop_token());
  if (!version) return tl::make_unexpected(version.error());
  start.server_version = *version;
  // Where it cannot be asked, everything is passed on, and the server itself refuses what it does not know.
  if (auto known = tools.described_settings(std::stop_token())) start.known_settings = *std::move(known);

  // A copy that cannot be read is as none: the cluster's own configuration comes from etcd.
  if (auto copy = read_small_file(config.postgres.data_dir + "/patroni.dynamic.json")) {
    start.dynamic_copy = *std::move(copy);
  }
  start.config = std::move(config);
  start.config_path = std::move(config_path);
  start.environment = std::move(environment);
  return start;
}

}  // namespace tamada::agent
