#include "agent/postgres/formats/tool_calls.h"

#include <algorithm>
#include <array>

#include "agent/postgres/formats/number_text.h"
#include "agent/postgres/formats/shell_words.h"

namespace tamada::agent {

namespace {

ProgramCall call_of(const ToolPlace& place, const std::string& name) {
  const auto renamed = place.names.find(name);
  const bool is_renamed = renamed != place.names.end() && !renamed->second.empty();
  const std::string program = program_path(place.bin_dir, is_renamed ? renamed->second : name);
  return {program, {program}, place.environment, {}};
}

void add(ProgramCall& call, const std::vector<std::string>& words) {
  call.arguments.insert(call.arguments.end(), words.begin(), words.end());
}

void use_passfile(ProgramCall& call, const std::string& passfile) {
  if (!passfile.empty()) call.environment["PGPASSFILE"] = passfile;
}

bool is_reserved(MethodUse use, std::string_view key) {
  constexpr std::array<std::string_view, 6> of_bootstrap{
      "command", "no_params", "keep_existing_recovery_conf", "recovery_conf", "scope", "datadir"};
  constexpr std::array<std::string_view, 9> of_replica{"command",   "no_params", "no_leader",
                                                       "no_master", "keep_data", "scope",
                                                       "role",      "datadir",   "connstring"};
  return use == MethodUse::bootstrap
             ? std::find(of_bootstrap.begin(), of_bootstrap.end(), key) != of_bootstrap.end()
             : std::find(of_replica.begin(), of_replica.end(), key) != of_replica.end();
}

}  // namespace

ProgramCall initdb_call(const ToolPlace& place, const InitdbPlan& plan) {
  ProgramCall call = call_of(place, "initdb");
  call.arguments.push_back("--pgdata=" + plan.data_dir);
  add(call, plan.options);
  if (!plan.superuser.empty()) call.arguments.push_back("--username=" + plan.superuser);
  if (plan.password_file) call.arguments.push_back("--pwfile=" + *plan.password_file);
  return call;
}

ProgramCall base_backup_call(const ToolPlace& place, const BaseBackupPlan& plan) {
  ProgramCall call = call_of(place, "pg_basebackup");
  // Without -w it would ask for a password on a terminal, if there is one.
  add(call, {"--pgdata=" + plan.folder, "-X", "stream", "--dbname=" + plan.conninfo, "-w", "--progress"});
  add(call, plan.options);
  use_passfile(call, plan.passfile);
  return call;
}

std::optional<BackupProgress> parse_backup_progress(std::string_view line) {
  line = trimmed(line);
  const std::size_t slash = line.find('/');
  const std::size_t unit = line.find(" kB (");
  if (slash == std::string_view::npos || unit == std::string_view::npos || unit < slash ||
      line.find("tablespace") == std::string_view::npos)
    return std::nullopt;
  const auto done = whole_number<std::uint64_t>(line.substr(0, slash));
  const auto total = whole_number<std::uint64_t>(line.substr(slash + 1, unit - slash - 1));
  if (!done || !total) return std::nullopt;
  return BackupProgress{*done, *total};
}

ProgramCall rewind_call(const ToolPlace& place, const RewindPlan& plan) {
  ProgramCall call = call_of(place, "pg_rewind");
  add(call, {"-D", plan.data_dir, "--source-server=" + plan.source_conninfo});
  if (plan.has_restore_command) {
    call.arguments.emplace_back("--restore-target-wal");
    if (plan.config_file && plan.major >= 15) call.arguments.push_back("--config-file=" + *plan.config_file);
  }
  add(call, plan.options);
  use_passfile(call, plan.passfile);
  return call;
}

ProgramCall control_data_call(const ToolPlace& place, const std::string& data_dir) {
  ProgramCall call = call_of(place, "pg_controldata");
  add(call, {"-D", data_dir});
  return call;
}

ProgramCall waldump_call(const ToolPlace& place, const std::string& wal_dir, Timeline timeline,
                         WalPosition start, int count) {
  ProgramCall call = call_of(place, "pg_waldump");
  add(call, {"-t", std::to_string(timeline), "-s", format_wal_position(start), "-n", std::to_string(count),
             "-p", wal_dir});
  return call;
}

ProgramCall describe_settings_call(const ToolPlace& place) {
  ProgramCall call = call_of(place, "postgres");
  call.arguments.emplace_back("--describe-config");
  return call;
}

Result<ProgramCall> method_call(const EnvironmentVariables& environment, const MethodPlan& plan) {
  auto words = split_command(plan.command);
  if (!words) return tl::make_unexpected(std::move(words.error()));
  ProgramCall call{words->front(), std::move(*words), environment, {}};
  for (const auto& [name, value] : plan.parameters) call.arguments.push_back("--" + name + "=" + value);
  return call;
}

std::vector<std::pair<std::string, std::string>> method_parameters(
    MethodUse use, const MethodFacts& facts, bool no_params,
    const std::vector<std::pair<std::string, std::string>>& section) {
  std::vector<std::pair<std::string, std::string>> parameters;
  if (!no_params) {
    parameters.emplace_back("scope", facts.scope);
    if (use == MethodUse::create_replica) parameters.emplace_back("role", "replica");
    parameters.emplace_back("datadir", facts.data_dir);
    if (use == MethodUse::create_replica) parameters.emplace_back("connstring", facts.connstring);
  }
  for (const auto& one : section) {
    if (!is_reserved(use, one.first)) parameters.push_back(one);
  }
  return parameters;
}

}  // namespace tamada::agent
