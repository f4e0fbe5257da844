#include "agent/control/operator/restart_desk.h"

#include <fmt/format.h>

#include <utility>

#include "agent/control/operator/restart_rules.h"
#include "agent/control/views/node_views.h"

namespace tamada::agent {

using ha::ActionKind;

RestartDesk::RestartDesk(loop::Loop& loop, ControlAccess& control, const RunningAction& running)
    : control_(control), running_(running), limit_(loop, [this] { on_limit(); }) {}

void RestartDesk::restart(const RestartRequest& request, Then then) {
  if (asked_) return then(RestartEnd::busy, std::string(ha::name_of(ActionKind::restart)));
  if (running_.is_running()) return then(RestartEnd::busy, running_.words());
  if (const std::string unmet = unmet_condition(request, control_.state()); !unmet.empty()) {
    control_.tell("not proceeding with the restart: " + unmet, false);
    return then(RestartEnd::conditions_not_met, {});
  }
  begin(request, std::move(then));
}

void RestartDesk::begin(const RestartRequest& request, Then then) {
  std::optional<Duration> patience = request.timeout;
  const Duration usual = control_.state().dynamic.primary_start_timeout;
  if (!patience && usual > 0s) patience = usual;
  asked_ = Asked{std::move(then), patience, 0};
  limit_.start(begin_limit);
  control_.restart(request.timeout);
}

void RestartDesk::on_action_begun(const ha::Action& action) {
  if (!asked_ || asked_->action != 0) return;
  if (action.kind != ActionKind::restart) return finish(RestartEnd::busy, running_.words());
  asked_->action = action.id;
  limit_.stop();
  if (asked_->patience) limit_.start(*asked_->patience);
}

void RestartDesk::on_action_ended(const ha::Action& action, const ha::ActionResult& result) {
  if (!asked_ || asked_->action == 0 || asked_->action != action.id) return;
  if (result.outcome == ha::ActionResult::Outcome::done) return finish(RestartEnd::restarted);
  const bool still_starts = result.outcome == ha::ActionResult::Outcome::failed &&
                            control_.state().look.view.kind == ha::ServerKind::starting;
  finish(still_starts ? RestartEnd::still_starting : RestartEnd::failed);
}

void RestartDesk::on_limit() {
  if (!asked_) return;
  if (asked_->action == 0) return finish(RestartEnd::failed);
  // The time is for the start, and it has not begun.
  if (server_state_of(control_.state()) == patroni::ServerState::stopping) {
    return limit_.start(*asked_->patience);
  }
  finish(RestartEnd::still_starting);
}

void RestartDesk::finish(RestartEnd end, std::string action) {
  limit_.stop();
  const Then then = std::move(asked_->then);
  asked_.reset();
  then(end, std::move(action));
}

// --- Later

bool RestartDesk::schedule(const RestartRequest& request) {
  if (scheduled_ || !request.schedule) return false;
  const auto& status = control_.state().look.status;
  scheduled_ = Scheduled{request, status ? status->postmaster_start_time : ""};
  control_.state_changed(scheduled_restart_of(request, scheduled_->start_time));
  return true;
}

bool RestartDesk::forget() {
  if (!scheduled_) return false;
  scheduled_.reset();
  control_.state_changed(std::nullopt);
  return true;
}

void RestartDesk::on_look(const ServerLook& look) {
  if (!scheduled_ || scheduled_->start_time.empty() || !look.status) return;
  const std::string& start_time = look.status->postmaster_start_time;
  if (start_time.empty() || start_time == scheduled_->start_time) return;
  control_.tell(
      fmt::format("the scheduled restart is off: PostgreSQL was started at {} meanwhile", start_time), false);
  forget();
}

void RestartDesk::on_wall_time(WallTime now) {
  if (!scheduled_ || control_.state().dynamic.pause) return;
  const Timestamp& at = *scheduled_->request.schedule;
  switch (schedule_standing(at.at, now, control_.state().dynamic.loop_wait)) {
    case ScheduleStanding::early:
      return;
    case ScheduleStanding::stale:
      control_.tell(
          fmt::format("the restart that was scheduled for {} was missed, and is forgotten", iso_text(at)),
          true);
      forget();
      return;
    case ScheduleStanding::due:
      break;
  }
  // What goes on now may be over before the schedule is stale.
  if (!asked_ && !running_.is_running()) run_scheduled();
}

void RestartDesk::run_scheduled() {
  const RestartRequest request = scheduled_->request;
  forget();
  if (const std::string unmet = unmet_condition(request, control_.state()); !unmet.empty()) {
    return control_.tell("the scheduled restart is not carried out: " + unmet, true);
  }
  control_.tell("the restart that was scheduled begins", false);
  begin(request, [&control = control_](RestartEnd end, const std::string& action) {
    if (end == RestartEnd::restarted) return;
    control.tell(fmt::format("Scheduled restart: {}", restart_answer(end, action).body), true);
  });
}

}  // namespace tamada::agent
