// tamada-router: the wiring. What each part does stands in its header; where to begin:
// router/shell/control.h.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <random>

#include "common/loop/loop.h"
#include "common/loop/signal_watcher.h"
#include "router/config/load_router_config.h"
#include "router/shell/command_line.h"
#include "router/shell/control.h"
#include "router/shell/event_log.h"
#include "router/shell/machine_checks.h"
#include "router/shell/worker_count.h"

using namespace tamada;
using namespace tamada::router;

namespace {

int run(const CommandLine& line, const Environment& environment, const RouterConfig& config) {
  loop::ignore_sigpipe();
  EventLog log(config.log);
  loop::Loop loop;
  ControlOptions options;
  options.file = line.file;
  options.environment = environment;
  options.workers = config.workers != 0 ? config.workers : default_workers(available_processors());
  options.seed = std::random_device{}();
  Control control(loop, log, std::move(options));

  const std::vector<Error> errors = control.start(config);
  for (const Error& error : errors) std::fprintf(stderr, "tamada-router: %s\n", error.message.c_str());
  if (!errors.empty()) {
    std::fprintf(stderr, "nothing was started.\n");
    return exit_configuration;
  }
  const loop::SignalWatcher hangup(loop, SIGHUP, [&] { control.reload(); });
  const loop::SignalWatcher terminate(loop, SIGTERM, [&] { control.stop(); });
  const loop::SignalWatcher interrupt(loop, SIGINT, [&] { control.stop(); });
  loop.run();
  return exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
  const Environment environment = tamada_environment();
  const auto parsed = parse_command_line(argc, argv, environment.contains("TAMADA_NODES"));
  if (const auto* exit = std::get_if<EarlyExit>(&parsed)) {
    std::fputs(exit->text.c_str(), exit->code == exit_ok ? stdout : stderr);
    return exit->code;
  }
  const auto& line = std::get<CommandLine>(parsed);
  const LoadedConfig config = read_and_check(line.file, environment);
  if (!config) {
    const char* consequence = line.check_only ? "it cannot be used" : "nothing was started";
    std::fputs(format_errors(config.error(), consequence).c_str(), stderr);
    return exit_configuration;
  }
  if (line.check_only) {
    for (const std::string& note : notes_on(*config)) std::fprintf(stderr, "note: %s\n", note.c_str());
    std::fputs(describe(*config).c_str(), stdout);
    return exit_ok;
  }
  return run(line, environment, *config);
}
