#include "agent/server/actions/action_tools.h"

#include <unistd.h>

#include <string_view>
#include <vector>

#include "agent/server/settings/server_files.h"

namespace tamada::agent {

EnvironmentVariables own_variables() {
  std::vector<std::string> words;
  for (char** word = environ; word != nullptr && *word != nullptr; ++word) words.emplace_back(*word);
  return environment_of(words);
}

std::string found_in_path(const std::string& program, const EnvironmentVariables& environment) {
  if (program.find('/') != std::string::npos) return program;
  const auto path = environment.find("PATH");
  std::string_view folders = path == environment.end() ? std::string_view("/usr/bin:/bin") : path->second;
  while (!folders.empty()) {
    const std::size_t end = folders.find(':');
    const std::string_view folder = folders.substr(0, end);
    const std::string candidate = program_path(folder, program);
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    folders.remove_prefix(end == std::string_view::npos ? folders.size() : end + 1);
  }
  return program;
}

ToolPlace tool_place(const ServerSetup& setup) {
  ToolPlace place{setup.postgres.bin_dir, tool_environment(own_variables()), setup.postgres.bin_name};
  if (!place.bin_dir.empty()) return place;
  const std::string server = found_in_path(server_program(setup, "postgres"), place.environment);
  const std::size_t slash = server.rfind('/');
  if (slash != std::string::npos) place.bin_dir = server.substr(0, slash + 1);
  return place;
}

Result<void> run_script(const ActionWork& work, const std::string& command) {
  const EnvironmentVariables environment = own_variables();
  auto call = method_call(environment, {command, {}});
  if (!call) return tl::make_unexpected(std::move(call.error()));
  call->program = found_in_path(call->program, environment);
  const ToolRun run{*std::move(call), std::nullopt, {}, {}};
  return success_of(run, work.looking.run(run, work.stop));
}

Upstream upstream_named(const ActionContext& context, const std::string& name) {
  if (name.empty()) return {};
  if (context.from.name == name) return context.from;
  if (context.leader.name == name) return context.leader;
  for (const Upstream& source : context.sources) {
    if (source.name == name) return source;
  }
  return {};
}

pid_t postmaster_of(const ActionWork& work) {
  const auto status = work.guard.status();
  const bool runs = status && status->process.kind == guard::ProcessKind::postmaster;
  return runs ? status->process.pid : 0;
}

}  // namespace tamada::agent
