#include "agent/server/settings/recovery_section.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "agent/postgres/formats/password_file.h"
#include "agent/postgres/formats/primary_conninfo.h"
#include "agent/postgres/formats/server_config_text.h"

namespace tamada::agent {

namespace {

// Of recovery.conf's days; Patroni's files still have them.
constexpr std::array<std::string_view, 2> forgotten{"standby_mode", "trigger_file"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Targets belong to a bootstrap. Whoever may name a promote file promotes without the lock.
bool is_agents(const std::string& name) {
  return name.starts_with("recovery_target") || name == "primary_conninfo" || name == "primary_slot_name" ||
         name == "promote_trigger_file";
}

void take(Settings& section, const std::string& written, std::string value,
          std::vector<std::string>& findings) {
  const std::string name = lower(written);
  if (std::find(forgotten.begin(), forgotten.end(), name) != forgotten.end()) return;
  if (!is_recovery_setting(name)) {
    findings.push_back(
        fmt::format("postgresql.recovery_conf.{}: no setting of recovery; it is left out", name));
  } else if (is_agents(name)) {
    findings.push_back(fmt::format("{}: it is left out, since the agent sets it", name));
  } else {
    section[name] = std::move(value);
  }
}

ConninfoFields authentication_of(const ServerSetup& setup) {
  const DatabaseUser& user = setup.config.postgres.replication;
  ConninfoFields fields(user.options.begin(), user.options.end());
  fields["user"] = user.username;
  fields["password"] = user.password;
  if (!setup.postgres.krbsrvname.empty()) fields["krbsrvname"] = setup.postgres.krbsrvname;
  return fields;
}

ServerRole::Kept upstream_of(const ServerSetup& setup, const Upstream& upstream) {
  if (!upstream.is_set()) return {};
  UpstreamConninfo plan;
  plan.upstream = {{"host", upstream.host}, {"port", std::to_string(upstream.port)}};
  plan.authentication = authentication_of(setup);
  plan.application_name = setup.config.name;
  if (!setup.config.postgres.replication.password.empty()) plan.passfile = password_file_path(setup);
  plan.server_major = setup.major();
  return {format_conninfo(build_primary_conninfo(plan)), slot_of(setup, setup.config.name)};
}

}  // namespace

Settings recovery_section(const ServerSetup& setup, const ServerRole& role, const ha::WantedSettings& wanted,
                          const Settings& of_parameters, std::vector<std::string>& findings) {
  const std::string timeline =
      role.is_standby && role.leader_timeline != 0 ? std::to_string(role.leader_timeline) : "latest";
  Settings section = standby_recovery_settings(timeline);
  if (setup.postgres.recovery_conf.is_object()) {
    for (const auto& [name, value] : setup.postgres.recovery_conf.items()) {
      if (!value.is_null()) take(section, name, patroni::python_text(value), findings);
    }
  }
  for (const auto& [name, value] : of_parameters) take(section, name, value, findings);
  ServerRole::Kept follows;
  if (role.is_standby && !wanted.receiver_off && !setup.config.tags.nostream())
    follows = role.kept ? *role.kept : upstream_of(setup, role.upstream);
  section["primary_conninfo"] = follows.conninfo;
  section["primary_slot_name"] = follows.slot_name;
  return section;
}

std::string upstream_passwords(const ServerSetup& setup, const ServerRole& role,
                               std::vector<std::string>& findings) {
  if (!role.is_standby || role.kept || !role.upstream.is_set()) return {};
  const PostgresConfig& config = setup.config.postgres;
  std::vector<const DatabaseUser*> users{&config.replication, &config.superuser};
  if (config.rewind) users.push_back(&*config.rewind);
  std::string text;
  for (const DatabaseUser* user : users) {
    const auto lines = password_file_lines({{"host", role.upstream.host},
                                            {"port", std::to_string(role.upstream.port)},
                                            {"user", user->username},
                                            {"password", user->password}});
    if (!lines) {
      findings.push_back(lines.error().message);
    } else if (text.find(*lines) == std::string::npos) {
      text += *lines;
    }
  }
  return text;
}

}  // namespace tamada::agent
