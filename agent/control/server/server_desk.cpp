#include "agent/control/server/server_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/control/server/guard_warnings.h"
#include "agent/server/settings/server_files.h"
#include "common/loop/clock.h"

namespace tamada::agent {
namespace {

constexpr Duration reopen_after = 1s;
// A guard that has ended takes PostgreSQL along, and another one is there in a moment. Later than that nobody knows.
constexpr Duration missing_after = 10s;
constexpr Duration hold_on = 5ms;  // until a round that is called off is looked for again

bool is_up(const ServerLook& look) {
  return look.view.kind == ha::ServerKind::primary || look.view.kind == ha::ServerKind::standby;
}

CallbackKind kind_of(CallbackEvent event) {
  switch (event) {
    case CallbackEvent::on_start:
      return CallbackKind::on_start;
    case CallbackEvent::on_stop:
      return CallbackKind::on_stop;
    case CallbackEvent::on_restart:
      return CallbackKind::on_restart;
    case CallbackEvent::on_role_change:
      return CallbackKind::on_role_change;
  }
  return CallbackKind::on_start;
}

}  // namespace

ServerDesk::ServerDesk(loop::Loop& loop, const ExecHelper& helper, guard::GuardPlace place,
                       const std::string& scope, ServerDeskCallbacks& callbacks)
    : loop_(loop),
      callbacks_(callbacks),
      guard_(loop, std::move(place), *this),
      upgrade_(loop, guard_,
               [this](const std::string& words, bool is_warning) {
                 callbacks_.on_server_words(words, is_warning);
               }),
      hands_(loop, guard_),
      watch_(loop, helper, [this](const ServerLook& look) { on_look(look); }),
      space_(loop,
             [this] {
               const bool is_full = !space_.problem().empty();
               callbacks_.on_server_words(
                   is_full ? space_.problem() : "no disk of PostgreSQL is full any more", is_full);
               callbacks_.on_server_state();
             }),
      runner_(loop, hands_, helper,
              {[this](std::optional<patroni::ServerState> state) {
                 action_state_ = state;
                 callbacks_.on_server_state();
               },
               [this](const std::string& words, bool is_warning) {
                 callbacks_.on_server_words(words, is_warning);
               },
               [this](const std::vector<std::string>& findings) {
                 // One that a start and a reload find is told by the first of them.
                 for (const std::string& words : start_findings_.take(findings))
                   tell_finding(words, round_findings_);
               }}),
      keeper_(loop, guard_,
              {[this](const std::string& problem) {
                 if (!problem.empty()) callbacks_.on_server_words(problem, true);
                 for (const std::string& words : round_findings_.take(keeper_.findings()))
                   tell_finding(words, start_findings_);
                 watch_.look();
                 callbacks_.on_server_state();
               },
               [this] {
                 const bool is_primary = look_.view.kind == ha::ServerKind::primary;
                 queue_.call(CallbackKind::on_reload, is_primary ? "primary" : "replica");
               }}),
      slots_(loop, [this](const std::string& words) { callbacks_.on_server_words(words, true); }),
      queue_(loop, helper, scope,
             [this](const std::string& words) { callbacks_.on_server_words(words, true); }),
      reopen_(loop, [this] { guard_.open(); }),
      hold_on_(loop, [this] { begin_held(); }) {}

ServerDesk::~ServerDesk() = default;

void ServerDesk::tell_finding(const std::string& words, const NewWords& others) {
  const auto& known = others.last();
  if (std::find(known.begin(), known.end(), words) == known.end()) callbacks_.on_server_words(words, true);
}

void ServerDesk::configure(ServerSetupPtr setup) {
  setup_ = std::move(setup);
  watch_.configure(setup_);
  space_.use(setup_->config.postgres.data_dir);
  queue_.configure(setup_->postgres.callbacks);
}

void ServerDesk::start() {
  guard_.open();
}

// ---- the guard

ha::GuardReport ServerDesk::guard_report() const {
  ha::GuardReport report;
  report.is_missing = is_guard_missing_;
  report.may_still_start = may_still_start_;
  if (!guard_.is_ready()) return report;
  const guard::FenceState& fence = guard_.status().fence;
  report.epoch = fence.epoch.create_revision;
  report.is_armed = fence.standing == guard::FenceStanding::armed;
  report.has_fired = fence.standing == guard::FenceStanding::fired;
  return report;
}

void ServerDesk::tell_guard() {
  const ha::GuardReport report = guard_report();
  if (report == told_ || !was_found_) return;
  told_ = report;
  callbacks_.on_server_event(report);
}

void ServerDesk::on_guard_ready(const guard::GuardStatus& status) {
  told_failure_.reset();
  lost_at_ = {};
  is_guard_missing_ = may_still_start_ = has_ended_alone_ = false;
  lone_.reset();
  hands_.on_status(status);
  for (const std::string& words : guard_warnings_.take(guard_warnings(status.abilities)))
    callbacks_.on_server_words(words, true);
  find_postmaster();
}

// What runs is known. Only then may the guard be upgraded: while it is, it adopts nobody.
void ServerDesk::on_found() {
  finder_.reset();
  watch_.set_guard(known_status());
  if (!std::exchange(was_found_, true)) callbacks_.on_guard_first_ready();
  tell_guard();
  if (guard_.is_ready()) upgrade_.begin();
}

// A server that the guard did not start is looked for before anybody is told what runs.
void ServerDesk::find_postmaster() {
  const auto go_on = [this] { on_found(); };
  const guard::GuardStatus& status = guard_.status();
  if (status.process.kind != guard::ProcessKind::none || status.is_sweeping) return loop_.defer(go_on);
  finder_ = std::make_unique<PostmasterFinder>(
      loop_, setup_->config.postgres.data_dir,
      [this, go_on](const Result<std::optional<ProcessIdentity>>& found) {
        if (!found) {
          callbacks_.on_server_words("cannot tell whether a server runs already: " + found.error().message,
                                     true);
          finder_.reset();
          return reopen_.start(reopen_after);
        }
        if (!*found || !guard_.is_ready()) return go_on();
        callbacks_.on_server_words(fmt::format("taking over the running server, process {}", (*found)->pid),
                                   false);
        guard_.adopt(**found, [this, go_on](const guard::GuardClient::Answered& answered) {
          if (answered && answered->outcome != guard::Outcome::done) {
            callbacks_.on_server_words("the running server could not be taken over by the guard", true);
          }
          go_on();
        });
      });
}

void ServerDesk::on_guard_status(const guard::GuardStatus& status) {
  const bool had_server = look_.view.kind != ha::ServerKind::stopped;
  hands_.on_status(status);
  if (!was_found_) return;
  if (had_server && status.process.kind == guard::ProcessKind::none && action_.kind == ha::ActionKind::none) {
    has_crashed_ = true;
  }
  watch_.set_guard(status);
  tell_guard();
}

void ServerDesk::on_guard_lost(const guard::GuardFailure& failure) {
  renewed_to_ = {};
  upgrade_.end();
  finder_.reset();
  const TimePoint now = loop::boot_now();
  if (lost_at_ == TimePoint{}) lost_at_ = now;
  const bool is_silent = failure.kind == guard::GuardFailure::Kind::silent;
  if (was_found_ && (is_silent || now >= lost_at_ + missing_after)) {
    miss_guard(failure);
    if (is_silent) watch_alone(guard_.status().process);
  } else {
    hands_.on_status(std::nullopt);
  }
  if (was_found_) {
    watch_.set_guard(known_status());
    tell_guard();
  }
  if (told_failure_ != failure.kind) {
    told_failure_ = failure.kind;
    callbacks_.on_guard_failure(failure);
  }
  if (!was_found_ && failure.kind == guard::GuardFailure::Kind::no_answer) find_alone(failure);
  reopen_.start(reopen_after);
}

// The guard of an earlier agent says nothing, so what it runs nobody tells: it is what works on the data directory. And what it
// was asked for before, nobody knows.
void ServerDesk::find_alone(const guard::GuardFailure& failure) {
  finder_ = std::make_unique<PostmasterFinder>(
      loop_, setup_->config.postgres.data_dir,
      [this, failure](const Result<std::optional<ProcessIdentity>>& found) {
        if (!found) {
          callbacks_.on_server_words("cannot tell whether a server runs: " + found.error().message, true);
          return finder_.reset();  // after the next failure it is looked for again
        }
        if (guard_.is_ready()) return;
        miss_guard(failure);
        may_still_start_ = true;
        if (*found) {
          watch_alone({guard::ProcessKind::postmaster, (*found)->pid, (*found)->start_time, false, false});
        }
        on_found();
      });
}

// It cannot be known what its guard does, or will do when it goes on.
void ServerDesk::miss_guard(const guard::GuardFailure& failure) {
  const guard::GuardStatus& last = guard_.status();
  may_still_start_ = may_still_start_ || failure.may_still_start;
  if (std::exchange(is_guard_missing_, true)) return;
  const guard::PromotionStage stage = last.promotion.stage;
  may_still_start_ = may_still_start_ || stage == guard::PromotionStage::running ||
                     stage == guard::PromotionStage::calling_off;
  hands_.on_missing(last);
}

void ServerDesk::watch_alone(const guard::ProcessState& postmaster) {
  if (lone_ || postmaster.kind != guard::ProcessKind::postmaster) return;
  lone_ = std::make_unique<LonePostmaster>(loop_, postmaster, [this] { watch_.set_guard(known_status()); });
  guard::GuardStatus last = guard_.status();
  last.process = postmaster;
  hands_.on_missing(last);
}

std::optional<guard::GuardStatus> ServerDesk::known_status() const {
  if (guard_.is_ready()) return guard_.status();
  if (!is_guard_missing_) return std::nullopt;
  guard::GuardStatus status = guard_.status();
  if (has_ended_alone_) {
    status.process = {};
    status.is_sweeping = false;
    status.left = 0;
    return status;
  }
  // Without its postmaster nobody knows whether others of it go on.
  if (!lone_) return std::nullopt;
  status.process = lone_->process();
  if (lone_->has_ended()) {
    status.process = {};
    status.is_sweeping = true;
  }
  return status;
}

void ServerDesk::arm(const guard::LockEpoch& epoch, TimePoint lease_end) {
  guard_.arm(epoch, lease_end, [this](const guard::GuardClient::Answered& answered) {
    if (answered && answered->outcome != guard::Outcome::done) {
      callbacks_.on_server_words("the guard does not take the lock's deadline: it has passed, or has fired",
                                 true);
    }
    tell_guard();
  });
}

void ServerDesk::renew(const guard::LockEpoch& epoch, TimePoint lease_end) {
  const guard::FenceState& fence = guard_.status().fence;
  if (!guard_.is_ready() || fence.standing != guard::FenceStanding::armed) return;
  // Said once: the guard's own report of it comes later.
  if (lease_end == fence.lease_end || (lease_end == renewed_to_ && epoch == renewed_epoch_)) return;
  renewed_to_ = lease_end;
  renewed_epoch_ = epoch;
  if (fence.epoch == epoch) return guard_.renew(epoch, lease_end, {});
  // The lock moved to a lease of another length: it is the same lock, with the deadline of the new lease.
  if (fence.epoch.create_revision == epoch.create_revision) arm(epoch, lease_end);
}

void ServerDesk::disarm(bool is_paused) {
  guard::DisarmReason reason = guard::DisarmReason::in_recovery;
  if (look_.view.kind == ha::ServerKind::stopped) reason = guard::DisarmReason::server_gone;
  if (is_paused) reason = guard::DisarmReason::paused;
  guard_.disarm(guard_.status().fence.epoch, reason,
                [this](const guard::GuardClient::Answered&) { tell_guard(); });
}

// ---- actions

void ServerDesk::begin(const ha::Action& action, ActionContext context) {
  action_ = action;
  action_state_.reset();
  watch_.set_busy(true);
  keeper_.hold(true);
  has_crashed_ = false;
  waiting_context_ = std::move(context);
  begin_held();
  callbacks_.on_server_state();
}

// The keeper may be writing the files that the action is to write: that round ends first.
void ServerDesk::begin_held() {
  if (!waiting_context_) return;
  if (keeper_.is_writing()) return hold_on_.start(hold_on);
  ActionContext context = *std::exchange(waiting_context_, std::nullopt);
  runner_.begin(action_, std::move(context), [this, action = action_](const ha::ActionResult& result) {
    on_action_ended(action, result);
  });
}

void ServerDesk::cancel(std::uint64_t id) {
  if (!waiting_context_ || action_.id != id) return runner_.cancel(id);
  waiting_context_.reset();
  loop_.defer([handle = handles_.handle(), action = action_] {
    ServerDesk* self = handle.get();
    if (self == nullptr || self->action_.id != action.id) return;
    ha::ActionResult result;
    result.outcome = ha::ActionResult::Outcome::cancelled;
    self->on_action_ended(action, result);
  });
}

void ServerDesk::on_action_ended(const ha::Action& action, const ha::ActionResult& result) {
  const bool is_done = result.outcome == ha::ActionResult::Outcome::done;
  action_ = {};
  if (is_done) action_state_.reset();
  const bool is_stop =
      action.kind == ha::ActionKind::stop_fast || action.kind == ha::ActionKind::stop_immediate;
  if (is_guard_missing_ && is_stop && is_done) {
    has_ended_alone_ = true;
    watch_.set_guard(known_status());
  }
  watch_.set_busy(false);
  keeper_.forget();
  keeper_.hold(false);
  call(plan_.on_action_ended(action.kind, is_done));
  const auto handle = handles_.handle();
  callbacks_.on_server_event(ha::ActionEnded{action.id, result});
  if (handle.get() != nullptr) watch_.look();
}

void ServerDesk::on_look(const ServerLook& look) {
  look_ = look;
  if (is_up(look)) {
    has_crashed_ = false;
    if (action_.kind == ha::ActionKind::none) action_state_.reset();
  }
  keeper_.on_look(look);
  call(plan_.on_look(look.view.kind, wanted_.is_closed, action_.kind != ha::ActionKind::none));
  const auto handle = handles_.handle();
  callbacks_.on_server_look(look);
  if (handle.get() != nullptr) run_slots();
}

void ServerDesk::want(const ha::WantedSettings& wanted, const Upstream& upstream) {
  wanted_ = wanted;
  keeper_.want(setup_, wanted, upstream);
}

void ServerDesk::set_slots(const WantedSlots& wanted) {
  wanted_slots_ = wanted;
  run_slots();
}

void ServerDesk::run_slots() {
  const bool may = action_.kind == ha::ActionKind::none || action_.kind == ha::ActionKind::promote;
  if (!may || !is_up(look_) || !look_.status) return;
  slots_.run(setup_, wanted_slots_, look_);
}

void ServerDesk::reload() {
  keeper_.reload();
}

void ServerDesk::call(const std::vector<PlannedCallback>& planned) {
  for (const PlannedCallback& one : planned) queue_.call(kind_of(one.event), one.role);
}

void ServerDesk::finish_callbacks(Duration limit, std::function<void()> done) {
  queue_.finish(limit, std::move(done));
}

}  // namespace tamada::agent
