// tamada-router: the wiring. What each part does stands in its header; where to begin:
// router/control/control.h.
#include <csignal>
#include <cstdio>
#include <exception>
#include <random>

#include "common/log/event_log.h"
#include "common/loop/loop.h"
#include "common/loop/signal_mask.h"
#include "common/loop/signal_watcher.h"
#include "common/process/descriptor_limit.h"
#include "common/process/processors.h"
#include "common/process/standard_descriptors.h"
#include "router/config/load_router_config.h"
#include "router/control/command_line.h"
#include "router/control/control.h"
#include "router/control/machine_checks.h"
#include "router/session/client_limit.h"
#include "router/session/worker_count.h"

using namespace tamada;
using namespace tamada::router;

namespace {

int nothing_started(const std::string& why) {
  std::fprintf(stderr, "tamada-router: %s\nnothing was started.\n", why.c_str());
  return exit_configuration;
}

// The router whose place this process was to take goes on, and says why.
void tell_predecessor(const Inheritance& inheritance, const std::string& why) {
  if (!inheritance.predecessor.is_open()) return;
  HandOverChannel::send(inheritance.predecessor.get(), HandOverWord::failed, why);
}

// Signals that mean something to HAProxy, or end a process that does not expect them.
void tell_ignored(EventLog& log, const char* name) {
  log.write(
      LogLevel::warn, "signal.ignored",
      {{"signal", std::string_view(name)}, {"effect", std::string_view("none; see docs/operations.md")}});
}

// Every signal is blocked while this begins, and again when it ends: see main().
int run(const CommandLine& line, const Environment& environment, const RouterConfig& config,
        std::vector<std::string> command, Inheritance& inheritance) {
  ControlOptions options;
  options.file = line.file;
  options.environment = environment;
  options.workers = config.workers != 0 ? config.workers : default_workers(available_processors());
  options.seed = std::random_device{}();
  options.command = std::move(command);
  options.inheritance = &inheritance;
  if (const auto few = too_few_descriptors(raise_descriptor_limit(), options.workers, config)) {
    tell_predecessor(inheritance, *few);
    return nothing_started(*few);
  }
  EventLog log(config.log);
  loop::Loop loop;
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
  const loop::SignalWatcher soft_stop(loop, SIGUSR1, [&] { control.finish(); });
  const loop::SignalWatcher take_over(loop, SIGUSR2, [&] { control.hand_over(); });
  const loop::SignalWatcher quit(loop, SIGQUIT, [&] { tell_ignored(log, "SIGQUIT"); });
  const loop::SignalWatcher pause(loop, SIGTTOU, [&] { tell_ignored(log, "SIGTTOU"); });
  const loop::SignalWatcher resume(loop, SIGTTIN, [&] { tell_ignored(log, "SIGTTIN"); });
  loop::unblock_signals({SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGQUIT, SIGTTOU, SIGTTIN});
  loop.run();
  // The watchers go now, and a further SIGTERM would do what the system does with it.
  loop::block_signals();
  return exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
  // Until there is somebody to act on a signal it waits; what nobody acts on never comes.
  loop::block_signals();
  loop::ignore_sigpipe();
  if (const auto opened = open_standard_descriptors(); !opened) {
    return nothing_started(opened.error().message);
  }
  Inheritance inheritance = Inheritance::from_environment();
  const Environment environment = tamada_environment();
  const auto parsed = parse_command_line(argc, argv, environment.contains("TAMADA_NODES"));
  if (const auto* exit = std::get_if<EarlyExit>(&parsed)) {
    std::fputs(exit->text.c_str(), exit->code == exit_ok ? stdout : stderr);
    return exit->code;
  }
  const auto& line = std::get<CommandLine>(parsed);
  // Who waits for an answer wants to be able to stop waiting.
  if (line.check_only) loop::unblock_signals({SIGHUP, SIGTERM, SIGINT, SIGQUIT});
  const LoadedConfig config = read_and_check(line.file, environment);
  if (!config) {
    const char* consequence = line.check_only ? "it cannot be used" : "nothing was started";
    std::fputs(format_errors(config.error(), consequence).c_str(), stderr);
    tell_predecessor(inheritance, config.error().front().to_string());
    return exit_configuration;
  }
  if (line.check_only) {
    for (const std::string& note : notes_on(*config)) std::fprintf(stderr, "note: %s\n", note.c_str());
    std::fputs(describe(*config).c_str(), stdout);
    return exit_ok;
  }
  try {
    return run(line, environment, *config, std::vector<std::string>(argv, argv + argc), inheritance);
  } catch (const std::exception& error) {  // no thread, descriptor or memory to be had
    tell_predecessor(inheritance, error.what());
    return nothing_started(error.what());
  }
}
