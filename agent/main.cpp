// tamada-agent: the wiring. What each part does stands in its header; where to begin: agent/control/control.h.
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>

#include "agent/config/agent_environment.h"
#include "agent/config/config_checks.h"
#include "agent/config/load_agent_config.h"
#include "agent/control/command_line.h"
#include "agent/control/control.h"
#include "agent/control/control_start.h"
#include "agent/log/agent_log.h"
#include "agent/log/line_format.h"
#include "common/loop/loop.h"
#include "common/loop/signal_mask.h"
#include "common/loop/signal_watcher.h"
#include "common/process/descriptor_limit.h"
#include "common/process/exec_helper.h"
#include "common/process/first_process.h"
#include "common/process/standard_descriptors.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

int nothing_started(const std::string& why) {
  std::fprintf(stderr, "tamada-agent: %s\nnothing was started.\n", why.c_str());
  return exit_configuration;
}

// The first process of a container has read no settings: its lines go to standard error, in the ordinary form.
void tell_as_first_process(const std::string& words) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  LogRecord record;
  record.unix_ms = now.time_since_epoch().count();
  const auto seconds = static_cast<std::time_t>(record.unix_ms / 1000);
  ::localtime_r(&seconds, &record.local);
  record.words = words;
  record.process = ::getpid();
  std::fprintf(stderr, "%s\n", LineFormat(LogSettings()).line(record).c_str());
}

// PATRONI_* of the process, and where its state may lie.
Environment environment_of_process() {
  Environment environment = agent_environment();
  for (const char* name : {"TAMADA_STATE_DIR", "STATE_DIRECTORY"}) {
    if (const char* value = std::getenv(name)) environment[name] = value;
  }
  return environment;
}

// Everything that is wrong with the values, with what the machine lacks where that is asked for. True: it can be used.
bool is_usable(const LoadedAgentConfig& loaded, bool with_machine, bool ports_free) {
  for (const ConfigWarning& warning : loaded.warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.place.to_string().c_str());
  }
  const char* consequence = with_machine ? "it cannot be used" : "nothing was started";
  if (!loaded.ok()) {
    std::fputs(format_errors(loaded.errors, consequence).c_str(), stderr);
    return false;
  }
  std::vector<ConfigFinding> findings = validate(loaded.config);
  for (ConfigFinding& finding : unsupported_settings(loaded.config)) findings.push_back(std::move(finding));
  if (with_machine) {
    MachineOptions options;
    options.ports_free = ports_free;
    if (const char* path = std::getenv("PATH")) options.search_path = path;
    for (ConfigFinding& finding : check_machine(loaded.config, options))
      findings.push_back(std::move(finding));
  }
  bool is_good = true;
  for (const ConfigFinding& finding : findings) {
    const bool is_error = finding.severity == ConfigFinding::Severity::error;
    is_good = is_good && !is_error;
    std::fprintf(stderr, "%s: %s: %s\n", is_error ? "error" : "warning", finding.path.c_str(),
                 finding.message.c_str());
  }
  if (!is_good) std::fprintf(stderr, "%s.\n", consequence);
  return is_good;
}

// Every signal is blocked while this begins, and again when it ends: see main().
int run(LoadedAgentConfig loaded, const std::string& path, const Environment& environment) {
  const auto helper = ExecHelper::find();
  if (!helper) return nothing_started(helper.error().message);
  const LogSettings log_settings = loaded.config.log;
  auto start = prepare_start(std::move(loaded.config), path, environment, *helper);
  if (!start) return nothing_started(start.error().message);
  for (const ConfigWarning& warning : loaded.warnings) start->warnings.push_back(warning.place.to_string());
  raise_descriptor_limit();
  AgentLog log;
  if (const auto used = log.configure(log_settings); !used) return nothing_started(used.error().message);
  int code = exit_ok;
  {
    loop::Loop loop;
    Control control(loop, *helper, log, *std::move(start));
    const loop::SignalWatcher hangup(loop, SIGHUP, [&] { control.reload_configuration(); });
    const loop::SignalWatcher terminate(loop, SIGTERM, [&] { control.leave(); });
    const loop::SignalWatcher interrupt(loop, SIGINT, [&] { control.leave(); });
    // Patroni ends without a hand-over then: PostgreSQL is left to its guard, as after a crash of the agent.
    const loop::SignalWatcher quit(loop, SIGQUIT, [&] { loop.stop(); });
    loop::unblock_signals({SIGHUP, SIGTERM, SIGINT, SIGQUIT});
    control.start();
    loop.run();
    loop::block_signals();
    code = control.exit_code();
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  // One heap for all threads: they allocate little at a time, and of a heap of its own each would keep what it has freed.
  ::mallopt(M_ARENA_MAX, 1);
  // Until there is somebody to act on a signal it waits; what nobody acts on never comes.
  loop::block_signals();
  loop::ignore_sigpipe();
  if (const auto opened = open_standard_descriptors(); !opened)
    return nothing_started(opened.error().message);
  if (const auto left = leave_first_process(tell_as_first_process); !left)
    return nothing_started(left.error().message);
  const Environment environment = environment_of_process();
  const auto parsed = parse_command_line(argc, argv, !agent_environment().empty());
  if (const auto* exit = std::get_if<EarlyExit>(&parsed)) {
    std::fputs(exit->text.c_str(), exit->code == exit_ok ? stdout : stderr);
    return exit->code;
  }
  const auto& line = std::get<CommandLine>(parsed);
  if (line.validate_config) loop::unblock_signals({SIGHUP, SIGTERM, SIGINT, SIGQUIT});
  LoadedAgentConfig loaded = read_agent_config(line.path, agent_environment());
  if (!is_usable(loaded, line.validate_config, !line.ignore_listen_port)) return exit_configuration;
  if (line.validate_config) return exit_ok;
  try {
    return run(std::move(loaded), line.path, environment);
  } catch (const std::exception& error) {  // no thread, descriptor or memory to be had
    return nothing_started(error.what());
  }
}
