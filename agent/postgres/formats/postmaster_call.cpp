#include "agent/postgres/formats/postmaster_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/postgres/formats/setting_value.h"

namespace tamada::agent {

namespace {

using Check = CommandLineSetting::Check;

bool is_taken(const CommandLineSetting& setting, const std::string& value) {
  switch (setting.check) {
    case Check::forced:
      return false;
    case Check::wal_level:
      return value == "replica" || value == "logical" || value == "hot_standby";
    case Check::minimum: {
      const auto number = parse_setting_integer(value, "");
      return number && *number >= setting.least;
    }
    case Check::boolean:
      return parse_setting_bool(value).has_value();
  }
  return false;
}

std::vector<std::string> options_of(const Settings& settings) {
  std::vector<std::string> options;
  for (const CommandLineSetting& setting : command_line_settings()) {
    const auto found = settings.find(std::string(setting.name));
    if (found != settings.end()) options.push_back(fmt::format("--{}={}", setting.name, found->second));
  }
  return options;
}

}  // namespace

const std::vector<CommandLineSetting>& command_line_settings() {
  static const std::vector<CommandLineSetting> settings{
      {"listen_addresses", "", Check::forced, 0},
      {"port", "", Check::forced, 0},
      {"cluster_name", "", Check::forced, 0},
      {"wal_level", "replica", Check::wal_level, 0},
      {"hot_standby", "on", Check::forced, 0},
      {"max_connections", "100", Check::minimum, 25},
      {"max_wal_senders", "10", Check::minimum, 3},
      {"max_prepared_transactions", "0", Check::minimum, 0},
      {"max_locks_per_transaction", "64", Check::minimum, 32},
      {"track_commit_timestamp", "off", Check::boolean, 0},
      {"max_replication_slots", "10", Check::minimum, 4},
      {"max_worker_processes", "8", Check::minimum, 2},
      {"wal_log_hints", "on", Check::forced, 0},
  };
  return settings;
}

bool is_command_line_setting(std::string_view name) {
  const auto& all = command_line_settings();
  return std::any_of(all.begin(), all.end(), [&](const CommandLineSetting& one) { return one.name == name; });
}

CommandLineValues command_line_values(const Settings& shared, const Settings& forced) {
  CommandLineValues result;
  for (const CommandLineSetting& setting : command_line_settings()) {
    const std::string name(setting.name);
    const auto own = forced.find(name);
    if (own != forced.end()) {
      result.values[name] = own->second;
      continue;
    }
    if (setting.standard.empty()) continue;
    result.values[name] = setting.standard;
    const auto asked = shared.find(name);
    if (asked == shared.end() || setting.check == Check::forced) continue;
    if (!is_taken(setting, asked->second)) {
      result.replaced.push_back(name);
    } else if (setting.check == Check::wal_level && asked->second == "hot_standby") {
      result.values[name] = "replica";
    } else {
      result.values[name] = asked->second;
    }
  }
  return result;
}

std::vector<RaisedSetting> raise_to_control(Settings& values, const ControlSettings& control) {
  std::vector<RaisedSetting> raised;
  const auto raise = [&](const char* name, const std::optional<std::uint32_t>& least) {
    const auto found = values.find(name);
    if (!least || found == values.end()) return;
    const auto wanted = parse_setting_integer(found->second, "");
    if (!wanted || *wanted >= std::int64_t{*least}) return;
    raised.push_back({name, found->second, std::to_string(*least)});
    found->second = std::to_string(*least);
  };
  raise("max_connections", control.max_connections);
  raise("max_locks_per_transaction", control.max_locks_per_transaction);
  raise("max_prepared_transactions", control.max_prepared_transactions);
  raise("max_wal_senders", control.max_wal_senders);
  raise("max_worker_processes", control.max_worker_processes);
  return raised;
}

ProgramCall postmaster_call(const PostmasterStart& start) {
  ProgramCall call{start.program, {start.program, "-D", start.data_dir}, start.environment, start.data_dir};
  call.arguments.push_back("--config-file=" + start.config_file);
  for (std::string& option : options_of(start.command_line)) call.arguments.push_back(std::move(option));
  if (start.foreign_pid) call.environment["PG_GRANDPARENT_PID"] = std::to_string(*start.foreign_pid);
  return call;
}

ProgramCall single_user_call(const std::string& program, const std::string& data_dir,
                             const std::string& config_file, const Settings& command_line,
                             const EnvironmentVariables& tool_environment) {
  ProgramCall call{program, {program, "--single", "-D", data_dir}, tool_environment, data_dir};
  const std::vector<std::string> archiving_off{"-c", "archive_mode=on", "-c", "archive_command=false"};
  call.arguments.push_back("--config-file=" + config_file);
  call.arguments.insert(call.arguments.end(), archiving_off.begin(), archiving_off.end());
  for (std::string& option : options_of(command_line)) call.arguments.push_back(std::move(option));
  call.arguments.emplace_back("template1");
  return call;
}

ProgramCall setting_call(const PostmasterStart& start, const std::string& name) {
  ProgramCall call = postmaster_call(start);
  call.arguments.insert(call.arguments.begin() + 1, {"-C", name});
  return call;
}

}  // namespace tamada::agent
