// How Control stops to serve.
#include "router/shell/control.h"

namespace tamada::router {

void Control::stop() {
  if (stage_ == Stage::draining) {
    loop_.stop();
    return;
  }
  stage_ = Stage::draining;
  collector_.on_stopping();
  notifier_.stopping();
  log_.write(LogLevel::info, "router.stop",
             {{"limit_ms", static_cast<std::int64_t>(to_ms(config_.drain_timeout))},
              {"effect", std::string_view("sessions may end by themselves; again: at once")}});
  pool_.drain({.limit = config_.drain_timeout, .end_waiting = true});
}

void Control::finish() {
  if (stage_ != Stage::serving) {
    log_.write(LogLevel::info, "router.finish", {{"effect", std::string_view("none: it stops already")}});
    return;
  }
  stage_ = Stage::finishing;
  collector_.on_stopping();
  // Not told to systemd: it would end whatever is left after TimeoutStopSec=.
  log_.write(LogLevel::info, "router.finish",
             {{"effect", std::string_view("ports are closed; sessions, and clients that wait, go on until they "
                                          "end; SIGTERM limits that")}});
  pool_.drain({});
}

}  // namespace tamada::router
