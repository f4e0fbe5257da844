// How Control stops to serve.
#include "router/control/control.h"

namespace tamada::router {

void Control::stop() {
  if (successor_) {
    end_successor("this process was asked to stop meanwhile", "it stops, and nobody takes over");
  }
  // Nobody has come yet, and who waits is another process's.
  if (stage_ == Stage::draining || stage_ == Stage::preparing) {
    loop_.stop();
    return;
  }
  const bool has_ports = stage_ == Stage::serving;
  stage_ = Stage::draining;
  collector_.on_stopping();
  notifier_.stopping();
  log_.write(LogLevel::info, "router.stop",
             {{"limit_ms", static_cast<std::int64_t>(to_ms(config_.drain_timeout))},
              {"effect", std::string_view("sessions may end by themselves; again: at once")}});
  Leaving how{.limit = config_.drain_timeout, .end_waiting = true};
  // The next process of the service gets them: clients wait for it instead of being refused.
  if (has_ports && notifier_.keeps_sockets()) how.ports = Leaving::Ports::keep;
  pool_.drain(how);
}

void Control::finish() {
  if (stage_ == Stage::draining && notifier_.keeps_sockets()) {
    // The service is stopped and not restarted: nobody will ever serve who waits at its ports.
    notifier_.keep({});
    pool_.close_ports();
    return;
  }
  if (stage_ != Stage::serving || successor_) {
    log_.write(LogLevel::warn, "signal.ignored",
               {{"signal", std::string_view("SIGUSR1")},
                {"effect", std::string_view("none: it does not serve yet, hands over, or stops already")}});
    return;
  }
  stage_ = Stage::finishing;
  collector_.on_stopping();
  // Not told to systemd: it would end whatever is left after TimeoutStopSec=.
  log_.write(
      LogLevel::info, "router.finish",
      {{"effect", std::string_view("ports are closed; sessions, and clients that wait, go on until they "
                                   "end; SIGTERM limits that")}});
  notifier_.keep({});
  pool_.drain({});
}

}  // namespace tamada::router
