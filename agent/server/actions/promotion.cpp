// The promotion: what has to be in force before it, the guard's part, and the wait until the server takes writes.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <utility>

#include "agent/postgres/blocking_session.h"
#include "agent/server/actions/action_tools.h"
#include "agent/server/actions/guard_start.h"
#include "agent/server/actions/server_answer.h"
#include "agent/server/actions/server_end.h"
#include "agent/server/actions/timeline_reservation.h"
#include "agent/server/settings/write_server_files.h"
#include "common/base/errno_text.h"
#include "common/loop/clock.h"

namespace tamada::agent {

namespace {

using guard::GuardStatus;
using guard::Outcome;
using guard::PromotionStage;

constexpr Duration look_every = 30ms;
constexpr Duration sql_limit = 5s;
constexpr Duration reload_limit = 10s;
constexpr Duration call_off_limit = 10s;

void pause(const ActionWork& work) {
  static_cast<void>(work.guard.wait_until([](const GuardStatus&) { return false; }, look_every, work.stop));
}

// The first cell of the first row, over a new session.
Result<std::string> ask_one(const ActionWork& work, const char* sql) {
  BlockingSession session(local_conninfo(*work.context.setup));
  const auto set = first_set_of(session.ask({sql}, sql_limit, work.stop));
  if (!set) return tl::make_unexpected(set.error());
  if (set->rows.empty() || set->rows[0].empty()) return fail(ErrorKind::invalid, "the server gave no row");
  return set->rows[0][0].value_or(std::string());
}

Result<Timeline> ask_timeline(const ActionWork& work, const char* sql, int base) {
  const auto text = ask_one(work, sql);
  if (!text) return tl::make_unexpected(text.error());
  Timeline timeline = 0;
  const char* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, timeline, base);
  if (error != std::errc() || at != end) return fail(ErrorKind::invalid, "the server named no timeline");
  return timeline;
}

constexpr const char* what_is_loaded =
    "SELECT pg_catalog.pg_conf_load_time()::text, pg_catalog.current_setting('synchronous_standby_names')";

struct Loaded {
  std::string at;
  std::string synchronous_names;
};

Result<Loaded> ask_loaded(const ActionWork& work) {
  BlockingSession session(local_conninfo(*work.context.setup));
  const auto set = first_set_of(session.ask({what_is_loaded}, sql_limit, work.stop));
  if (!set) return tl::make_unexpected(set.error());
  if (set->rows.size() != 1 || set->rows[0].size() != 2)
    return fail(ErrorKind::invalid, "the server gave no row");
  return Loaded{set->rows[0][0].value_or(std::string()), set->rows[0][1].value_or(std::string())};
}

// What this node wants of the synchronous standbys, and the server does not have although it has read its files.
Result<void> compare_names(const ha::WantedSettings& wanted, const ServerFiles& files, const Loaded& loaded) {
  const bool must_hold = wanted.synchronous_standbys || wanted.keeps_synchronous;
  if (!must_hold || !files.synchronous_names || *files.synchronous_names == loaded.synchronous_names)
    return {};
  return fail(ErrorKind::system,
              fmt::format("synchronous_standby_names is '{}' and should be '{}': was it set by ALTER SYSTEM?",
                          loaded.synchronous_names, *files.synchronous_names));
}

// A primary's settings, its synchronous standbys above all, must be in force when the first commit can come. The time of
// the last reading tells that the server has them: a new session has the postmaster's.
Result<void> apply_settings(const ActionWork& work, pid_t postmaster) {
  const ActionContext& context = work.context;
  const std::string former =
      context.last_look.status ? context.last_look.status->synchronous_standby_names : std::string();
  const ServerRole role;
  const ServerFiles files = server_files(*context.setup, role, context.wanted, std::nullopt, former);
  const auto before = ask_loaded(work);
  if (!before) return tl::make_unexpected(before.error());
  if (const auto written = write_server_files(*context.setup, files, work.stop); !written) {
    return tl::make_unexpected(written.error());
  }
  const auto asked = work.guard.signal(postmaster, SIGHUP, work.stop);
  if (!asked) return tl::make_unexpected(asked.error());
  const TimePoint limit = loop::boot_now() + reload_limit;
  while (true) {
    const auto now = ask_loaded(work);
    if (now && now->at != before->at) return compare_names(context.wanted, files, *now);
    if (work.stop.stop_requested()) return cancelled();
    if (loop::boot_now() >= limit) {
      return fail(ErrorKind::system,
                  "the server has not read its new settings: its log says what is wrong with them");
    }
    pause(work);
  }
}

class Promotion {
 public:
  Promotion(const ActionWork& work, pid_t postmaster)
      : work_(work),
        setup_(*work.context.setup),
        data_dir_(config_places(setup_).data_dir),
        postmaster_(postmaster) {}

  Result<void> run();

 private:
  Result<void> hold_timeline();
  Result<void> ask_guard();
  Result<void> wait();
  Result<void> call_off();
  void tell_timeline();
  [[nodiscard]] bool is_over(const GuardStatus& status) const;

  const ActionWork& work_;
  const ServerSetup& setup_;
  const std::string data_dir_;
  const pid_t postmaster_;
  Timeline own_ = 0;
  bool may_go_on_ = false;  // nobody knows whether the server is promoted all the same
};

Result<void> Promotion::run() {
  if (auto held = hold_timeline(); !held) return held;
  Result<void> promoted = ask_guard();
  if (promoted) promoted = wait();
  if (promoted) {
    tell_timeline();
    return promoted;
  }
  // Who is told that it failed gives the lock up: it must not come about after that.
  if (may_go_on_) {
    work_.tell("nobody knows whether the promotion still comes about: the server is ended", true);
    end_server_after_all(work_);
  }
  // While it may still become a primary the files hold the lower numbers back.
  const ServerAnswer answer = ask_server(setup_, postmaster_, {});
  if (answer.in_recovery == true) {
    if (const auto cleared = clear_reservations(data_dir_, own_); !cleared) {
      work_.tell(cleared.error().message, true);
    }
  }
  return promoted;
}

Result<void> Promotion::hold_timeline() {
  if (work_.action.timeline == 0) return {};
  const auto own =
      ask_timeline(work_,
                   "SELECT greatest(c.timeline_id, r.min_recovery_end_timeline)"
                   " FROM pg_catalog.pg_control_checkpoint() c, pg_catalog.pg_control_recovery() r",
                   10);
  if (!own) return tl::make_unexpected(own.error());
  own_ = *own;
  const auto reserved = reserve_timeline(data_dir_, own_, work_.action.timeline);
  if (!reserved) return tl::make_unexpected(reserved.error());
  if (reserved->expected != work_.action.timeline) {
    work_.tell(fmt::format("pg_wal has histories of timelines up to {}, beyond the reserved timeline {}",
                           reserved->expected - 1, work_.action.timeline),
               true);
  }
  return {};
}

Result<void> Promotion::ask_guard() {
  const ActionContext& context = work_.context;
  const auto status = work_.guard.status();
  if (!status) return fail(ErrorKind::unavailable, "the agent has no guard at the moment");
  // Renewals have moved the deadline on since the action began.
  const bool is_held =
      status->fence.standing == guard::FenceStanding::armed && status->fence.epoch == *context.epoch;
  const TimePoint lease_end =
      is_held ? std::max(context.lease_end, status->fence.lease_end) : context.lease_end;
  // The answer is waited for, whatever is asked meanwhile: what was begun must be known to be called off.
  const auto answer = work_.guard.promote(*context.epoch, lease_end, context.is_paused, {});
  may_go_on_ = !answer;
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->outcome == Outcome::done) return {};
  return fail(ErrorKind::denied, "the guard does not promote: " + words_of(*answer));
}

bool Promotion::is_over(const GuardStatus& status) const {
  return status.process.kind != guard::ProcessKind::postmaster || status.process.pid != postmaster_;
}

Result<void> Promotion::wait() {
  while (true) {
    const auto status = work_.guard.status();
    may_go_on_ = !status;
    if (!status) return fail(ErrorKind::unavailable, "the guard was lost during the promotion");
    if (is_over(*status)) {
      return fail(ErrorKind::system, "PostgreSQL " + words_of(status->last_end) + " during the promotion");
    }
    switch (status->promotion.stage) {
      case PromotionStage::late:
        return fail(ErrorKind::denied, "the leader lock ended before the promotion began");
      case PromotionStage::failed:
        return fail(ErrorKind::system,
                    "the file promote could not be made: " + describe_errno(status->promotion.code));
      case PromotionStage::called_off:
      case PromotionStage::calling_off:
      case PromotionStage::removing:
        // The server may have taken the file before the guard removed it.
        may_go_on_ = true;
        return fail(ErrorKind::denied, "the guard has called the promotion off");
      case PromotionStage::none:
      case PromotionStage::running:
      case PromotionStage::done:
        break;
    }
    if (work_.stop.stop_requested()) return call_off();
    if (ask_server(setup_, postmaster_, work_.stop).in_recovery == false) return {};
    static_cast<void>(work_.guard.wait_until([this](const GuardStatus& one) { return is_over(one); },
                                             look_every, work_.stop));
  }
}

// The server takes the file away when it begins to promote. So who removes it himself knows that it has not begun; and where
// it is gone, nothing keeps the server from becoming a primary but its end.
Result<void> Promotion::call_off() {
  if (work_.is_agent_ending && work_.is_agent_ending()) return cancelled();
  const auto stage = [](const GuardStatus& status) { return status.promotion.stage; };
  const auto over = work_.guard.wait_until(
      [&](const GuardStatus& status) { return stage(status) != PromotionStage::running; }, 1s, {});
  const bool was_made = !over || stage(*over) == PromotionStage::done;
  const bool was_taken = was_made && ::unlink((data_dir_ + "/promote").c_str()) != 0;
  const auto asked = work_.guard.call_off_promotion({});
  const auto off = work_.guard.wait_until(
      [&](const GuardStatus& status) {
        return stage(status) == PromotionStage::called_off || stage(status) == PromotionStage::late ||
               is_over(status);
      },
      call_off_limit, {});
  if (!asked || !off || was_taken) {
    work_.tell("the promotion could not be called off any more: the server is ended", true);
    end_server_after_all(work_);
  }
  return cancelled();
}

void Promotion::tell_timeline() {
  if (work_.action.timeline == 0) return;
  const auto timeline = ask_timeline(
      work_, "SELECT pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)",
      16);
  if (!timeline || *timeline == work_.action.timeline) return;
  work_.tell(
      fmt::format("the promotion began timeline {}, and {} was reserved: the archive has histories beyond it",
                  *timeline, work_.action.timeline),
      true);
}

Result<void> promote(const ActionWork& work) {
  const ActionContext& context = work.context;
  if (!context.epoch) return fail(ErrorKind::denied, "this node does not hold the leader lock");
  const pid_t postmaster = postmaster_of(work);
  if (postmaster == 0) return fail(ErrorKind::system, "no server runs that could be promoted");
  const std::string& script = context.setup->postgres.pre_promote;
  if (!script.empty()) {
    if (auto done = run_script(work, script); !done) {
      return fail(done.error().kind, "pre_promote: " + done.error().message);
    }
  }
  if (auto applied = apply_settings(work, postmaster); !applied) return applied;
  if (work.stop.stop_requested()) return cancelled();
  return Promotion(work, postmaster).run();
}

}  // namespace

ha::ActionResult act_promote(const ActionWork& work) {
  return action_result(promote(work), work.stop);
}

}  // namespace tamada::agent
