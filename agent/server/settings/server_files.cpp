#include "agent/server/settings/server_files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "agent/postgres/formats/server_config_text.h"
#include "agent/postgres/formats/sync_standby_names.h"
#include "agent/server/settings/host_rules.h"
#include "agent/server/settings/recovery_section.h"

namespace tamada::agent {

namespace {

constexpr int oldest_version = 130000;
// Of these the server has its own idea, from its command line.
constexpr std::array<std::string_view, 2> places{"data_directory", "config_file"};
// No settings, but taken by the server among them.
constexpr std::array<std::string_view, 3> directives{"include", "include_if_exists", "include_dir"};

template <class Names>
bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

const char* role_word(const ServerRole& role) {
  return role.is_standby ? "replica" : "primary";
}

std::string sentence(const SettingFinding& finding) {
  using Kind = SettingFinding::Kind;
  switch (finding.kind) {
    case Kind::unknown_name:
      return fmt::format("{}: this PostgreSQL knows no such setting; it is left out", finding.name);
    case Kind::wrong_value:
      return fmt::format("{}: \"{}\" is no value of it; it is left out", finding.name, finding.value);
    case Kind::out_of_range:
      return fmt::format("{}: {} is not possible; {} is used", finding.name, finding.value,
                         finding.used.value_or(""));
    case Kind::set_by_agent:
      break;
  }
  return fmt::format("{}: it is left out, since the agent sets it", finding.name);
}

struct SortedSettings {
  Settings command_line;
  Settings file;
  Settings recovery;
};

SortedSettings sorted_settings(const ServerSetup& setup, const ServerRole& role,
                               std::vector<std::string>& findings) {
  const PostgresConfig& config = setup.config.postgres;
  patroni::EffectiveParameters effective = node_parameters(config, setup.config.scope, setup.dynamic,
                                                           std::max(setup.server_version, oldest_version));
  const std::string section = std::string("parameters_") + role_word(role);
  const auto of_role = setup.postgres.parameters_of_role.find(role_word(role));
  if (of_role != setup.postgres.parameters_of_role.end())
    patroni::overlay_parameters(of_role->second, "postgresql." + section, effective);
  for (const patroni::DynamicFinding& finding : effective.findings)
    findings.push_back(fmt::format("{}: {}", finding.key, finding.message));

  SortedSettings sorted;
  Settings others;
  for (const auto& [written, value] : effective.all) {
    const std::string name = written.find('.') == std::string::npos ? lower(written) : written;
    if (is_command_line_setting(name)) {
      // In the file, too: for programs that read it, and so that the server knows what waits for its restart.
      sorted.command_line[name] = value;
      sorted.file[name] = value;
    } else if (is_recovery_setting(name)) {
      sorted.recovery[name] = value;
    } else if (has(places, name)) {
      findings.push_back(
          fmt::format("postgresql.parameters.{}: it is left out, since the agent sets it", name));
    } else if (has(directives, name)) {
      sorted.file[name] = value;
    } else {
      others[name] = value;
    }
  }
  FilteredSettings filtered = filter_settings(others, setup.known_settings);
  sorted.file.merge(filtered.taken);
  for (const SettingFinding& finding : filtered.findings)
    findings.push_back("postgresql.parameters." + sentence(finding));
  return sorted;
}

// None: the user's own, if there is one.
std::optional<std::string> synchronous_text(const ha::WantedSettings& wanted, const std::string& former) {
  if (wanted.keeps_synchronous) return former;
  if (!wanted.synchronous_standbys) return std::nullopt;
  SyncStandbyNames names;
  names.mode = SyncStandbyNames::Mode::priority;
  names.names = *wanted.synchronous_standbys;
  if (names.names.empty() && wanted.wait_for_nobody) names.names = {nobody_standby};
  names.count = static_cast<std::uint32_t>(names.names.size());
  return format_sync_standby_names(names);
}

}  // namespace

ServerFiles server_files(const ServerSetup& setup, const ServerRole& role, const ha::WantedSettings& wanted,
                         const std::optional<ControlSettings>& control,
                         const std::string& former_synchronous) {
  ServerFiles files;
  SortedSettings sorted = sorted_settings(setup, role, files.findings);
  const SharedPostgres& postgres = setup.postgres;
  const ConfigFiles on_disk(config_places(setup));

  files.command_line = std::move(sorted.command_line);
  if ((role.is_standby || role.recovery) && control)
    files.raised = raise_to_control(files.command_line, *control);
  for (const RaisedSetting& raised : files.raised) {
    files.findings.push_back(
        fmt::format("{}: {} is raised to {}, which the primary had: a standby does not start with less",
                    raised.name, raised.wanted, raised.used));
  }

  ServerConfig config;
  config.include = postgres.custom_conf.empty() ? on_disk.base_file_name() : postgres.custom_conf;
  config.settings = std::move(sorted.file);
  if (const auto text = synchronous_text(wanted, former_synchronous))
    config.settings["synchronous_standby_names"] = *text;
  if (const auto names = config.settings.find("synchronous_standby_names"); names != config.settings.end())
    files.synchronous_names = names->second;

  // A path of the user's own is left alone, but while the server is closed.
  files.is_closed = wanted.is_closed;
  const bool has_own_hba = config.settings.count("hba_file") != 0;
  const bool has_own_ident = config.settings.count("ident_file") != 0;
  if (wanted.is_closed) {
    config.settings.erase("hba_file");
    files.hba = closed_host_rules_text(setup);
  } else if (!has_own_hba) {
    files.hba = host_rules_text(postgres.pg_hba, role_word(role));
  }
  if (!has_own_ident) files.ident = host_rules_text(postgres.pg_ident, role_word(role));
  if (wanted.is_closed || !has_own_hba) config.hba_file = on_disk.hba_path();
  if (!has_own_ident) config.ident_file = on_disk.ident_path();

  files.keeps_auto_conf = role.recovery.has_value();
  config.recovery =
      role.recovery ? *role.recovery : recovery_section(setup, role, wanted, sorted.recovery, files.findings);
  files.primary_conninfo = config.recovery["primary_conninfo"];
  files.primary_slot_name = config.recovery["primary_slot_name"];
  files.pgpass = upstream_passwords(setup, role, files.findings);

  ConfigText text = format_postgresql_conf(config);
  files.main = std::move(text.text);
  files.left_out = std::move(text.left_out);
  return files;
}

}  // namespace tamada::agent
