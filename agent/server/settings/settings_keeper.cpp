#include "agent/server/settings/settings_keeper.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "agent/postgres/blocking_session.h"
#include "agent/postgres/wal_receiver_stop.h"
#include "agent/server/settings/pending_settings.h"
#include "agent/server/settings/settings_round.h"
#include "common/loop/blocking_task.h"
#include "common/loop/clock.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"

namespace tamada::agent {

namespace {

constexpr Duration first_pause = 500ms;
constexpr Duration longest_pause = 10s;
constexpr Duration receiver_limit = 2s;
constexpr Duration question_limit = 5s;
// Within it a postmaster that was told has read its files.
constexpr Duration reading_time = 1s;
// A postmaster that has just begun does not catch SIGHUP yet, and would end.
constexpr Duration youth = 2s;
constexpr int times_told = 3;

}  // namespace

class SettingsKeeper::Impl {
 public:
  Impl(loop::Loop& loop, guard::GuardClient& guard, Callbacks callbacks)
      : loop_(loop), guard_(guard), callbacks_(std::move(callbacks)), pause_(loop, [this] { consider(); }) {}

  void want(ServerSetupPtr setup, const ha::WantedSettings& wanted, const Upstream& upstream) {
    SettingsWish wish{std::move(setup), wanted, upstream};
    // A member's key may go before the member does.
    if (upstream.is_set()) {
      last_upstream_ = upstream;
    } else if (!wanted.follow.empty() && wanted.follow == last_upstream_.name) {
      wish.upstream = last_upstream_;
    }
    const bool is_new = !wish_ || wish_->setup != wish.setup || wish_->wanted != wish.wanted ||
                        wish_->upstream != wish.upstream;
    if (!is_new) return;
    wish_ = std::move(wish);
    // What is only for people does not delay what is wanted.
    if (work_ == Work::asking || (work_ == Work::stopping && !wish_->wanted.receiver_off)) task_->cancel();
    times_told_ = 0;
    calm();
    consider();
  }

  void on_look(const ServerLook& look) {
    const std::uint64_t postmaster = look.view.postmaster;
    look_ = look;
    if (postmaster != 0 && postmaster != postmaster_) {
      // Whoever started it has written its files, and it has read them.
      forget(look.view.as_of);
      postmaster_ = postmaster;
      needs_signal_ = false;
      is_settings_reload_ = false;
      told_at_.reset();
      seen_since_ = look.view.as_of;
      calm();
    }
    consider();
  }

  void hold(bool is_held) {
    if (std::exchange(is_held_, is_held) == is_held) return;
    if (is_held_ && task_) task_->cancel();
    if (!is_held_) forget(loop::boot_now());
  }

  void reload() {
    done_.reset();
    needs_signal_ = true;
    is_settings_reload_ = true;
    calm();
    consider();
  }

  // What the server is, and has, only a look from then on can say.
  void forget(TimePoint from) {
    ++generation_;
    look_from_ = from;
    done_.reset();
    written_.reset();
    times_told_ = 0;
  }

  [[nodiscard]] bool is_writing() const { return work_ == Work::writing; }
  [[nodiscard]] const std::vector<patroni::PendingRestart>& pending() const { return pending_; }
  [[nodiscard]] const std::vector<std::string>& findings() const { return findings_; }

 private:
  enum class Work { none, writing, telling, stopping, asking };
  // Whether what waits for a restart has to be asked for anew.
  struct Question {
    std::uint64_t postmaster = 0;
    std::vector<std::string> names;
    ServerSetupPtr setup;
    std::optional<TimePoint> told_at;
    bool operator==(const Question&) const = default;
  };

  // Begins what is to be done next, if anything is.
  void consider() {
    if (is_held_ || work_ != Work::none || pause_.is_active() || !wish_ || !look_) return;
    if (look_->view.as_of < look_from_) return;
    const auto plan = plan_round(*wish_, *look_, written_);
    if (plan && plan != done_ && !is_young()) return write(*plan);
    if (mends_difference()) return;
    if (needs_signal_ && runs()) return tell();
    if (wants_receiver_stopped()) return stop_receiver();
    if (has_changed_) return report({});
    if (const auto question = open_question()) ask(*question);
  }

  [[nodiscard]] bool runs() const {
    const ha::ServerKind kind = look_->view.kind;
    return kind == ha::ServerKind::primary || kind == ha::ServerKind::standby ||
           (kind == ha::ServerKind::starting && !is_young());
  }
  [[nodiscard]] bool is_young() const {
    return look_->view.kind == ha::ServerKind::starting && look_->view.as_of - seen_since_ < youth;
  }

  template <class Job, class Then>
  void begin(Work work, const char* name, Job job, Then then) {
    work_ = work;
    // The loop never waits for it.
    task_ = std::make_unique<loop::BlockingTask>(
        loop_, name, std::move(job),
        [this, then = std::move(then)](auto outcome) {
          work_ = Work::none;
          then(std::move(outcome));
        },
        Duration(0));
  }

  void write(const RoundPlan& plan) {
    begin(
        Work::writing, "settings", [plan](const std::stop_token& stop) { return write_round(plan, stop); },
        [this, plan, generation = generation_](Result<RoundOutcome> outcome) {
          if (!outcome) return failed(outcome.error().message);
          take(plan, *std::move(outcome), generation == generation_);
        });
  }

  void take(const RoundPlan& plan, RoundOutcome outcome, bool is_known) {
    if (!outcome.changed) {
      // A part may have been written.
      done_.reset();
      needs_signal_ = true;
      if (outcome.changed.error().kind == ErrorKind::closed) return consider();
      return failed(outcome.changed.error().message);
    }
    if (*outcome.changed) {
      needs_signal_ = true;
      has_changed_ = true;
      if (last_setup_ && last_setup_ != plan.setup) is_settings_reload_ = true;
    }
    if (!outcome.is_skipped) {
      last_setup_ = plan.setup;
      findings_ = outcome.files.findings;
    }
    if (is_known) {
      done_ = plan;
      if (!outcome.is_skipped) written_ = std::move(outcome.files);
    }
    consider();
  }

  // A server may have missed the signal (the agent ended between the file and it), or somebody wrote other files. True:
  // something was done about it.
  [[nodiscard]] bool mends_difference() {
    if (!done_ || !written_ || !look_->status || done_->only_with_signal || needs_signal_) return false;
    if (told_at_ && look_->view.as_of < *told_at_ + reading_time) return false;
    const std::string setting = differing_setting(*done_, *written_, *look_->status);
    if (setting.empty()) times_told_ = 0;
    if (setting.empty() || times_told_ > times_told) return false;
    if (++times_told_ > times_told) {
      report(fmt::format("the server's {} is not what stands in its postgresql.conf: something else sets it",
                         setting));
      return true;
    }
    done_.reset();
    needs_signal_ = true;
    consider();
    return true;
  }

  void tell() {
    const guard::ProcessState& process = guard_.status().process;
    if (process.kind != guard::ProcessKind::postmaster || process.is_starting || process.pid <= 0)
      return failed("tell the server to reload: the guard knows of no server that runs");
    work_ = Work::telling;
    // What is asked for while the signal is on its way wants another one.
    needs_signal_ = false;
    guard_.signal(process.pid, SIGHUP,
                  [self = handles_.handle(), is_reload = std::exchange(is_settings_reload_, false)](
                      const guard::GuardClient::Answered& answered) {
                    Impl* const impl = self.get();
                    if (impl != nullptr) impl->on_told(answered, is_reload);
                  });
  }

  void on_told(const guard::GuardClient::Answered& answered, bool is_reload) {
    work_ = Work::none;
    if (!answered || answered->outcome != guard::Outcome::done) {
      needs_signal_ = true;
      is_settings_reload_ = is_settings_reload_ || is_reload;
      return failed("tell the server to reload: " +
                    (answered ? std::string("the guard did not do it") : answered.error().words));
    }
    has_changed_ = true;
    told_at_ = loop::boot_now();
    if (is_reload && callbacks_.on_reload) {
      const loop::Lifetime::Watch watch(lifetime_);
      callbacks_.on_reload();
      if (watch.is_over()) return;
    }
    consider();
  }

  [[nodiscard]] bool wants_receiver_stopped() const {
    if (!wish_->wanted.receiver_off || look_->view.kind != ha::ServerKind::standby || !done_) return false;
    if (look_->view.is_receiver_gone) return false;
    // After a stop that succeeded only a later look can say that it is there again.
    return !gone_at_ || look_->view.as_of > *gone_at_ || gone_for_ != wish_->wanted.receiver_off;
  }

  void stop_receiver() {
    const pid_t postmaster = guard_.status().process.pid;
    begin(
        Work::stopping, "receiver-stop",
        [parameters = local_conninfo(*wish_->setup), postmaster](const std::stop_token& stop) {
          BlockingSession session(parameters, receiver_limit);
          return stop_wal_receiver(session, postmaster, receiver_limit, stop);
        },
        [this, vacancy = wish_->wanted.receiver_off](const Result<ReceiverGone>& gone) {
          if (!gone && gone.error().kind == ErrorKind::closed) return consider();
          if (!gone) return failed("stop the WAL receiver: " + gone.error().message);
          gone_at_ = loop::boot_now();
          gone_for_ = vacancy;
          has_changed_ = true;
          consider();
        });
  }

  [[nodiscard]] std::optional<Question> open_question() const {
    if (!done_ || !look_->status || needs_signal_ || look_->view.as_of < ask_from_) return std::nullopt;
    if (told_at_ && look_->view.as_of < *told_at_) return std::nullopt;
    Question question{look_->view.postmaster, look_->status->pending_restart, done_->setup, told_at_};
    if (question == asked_) return std::nullopt;
    return question;
  }

  void ask(const Question& question) {
    const ServerFiles files =
        server_files(*done_->setup, done_->role, done_->wanted, std::nullopt, done_->former_synchronous);
    begin(
        Work::asking, "settings-look",
        [parameters = local_conninfo(*done_->setup),
         given = files.command_line](const std::stop_token& stop) {
          BlockingSession session(parameters);
          return parse_pending(session.ask(pending_query(given), question_limit, stop), given);
        },
        [this, question](Result<std::vector<patroni::PendingRestart>> pending) {
          if (!pending) {
            if (pending.error().kind != ErrorKind::closed) ask_from_ = loop::boot_now() + longest_pause;
            return consider();
          }
          asked_ = question;
          if (pending_ != *pending) {
            pending_ = *std::move(pending);
            has_changed_ = true;
          }
          consider();
        });
  }

  void calm() {
    pause_.stop();
    next_pause_ = first_pause;
  }
  void pause() {
    pause_.start(next_pause_);
    next_pause_ = std::min(next_pause_ * 2, longest_pause);
  }
  void failed(const std::string& problem) {
    pause();
    report(problem);
  }
  void report(const std::string& problem) {
    has_changed_ = false;
    if (problem.empty()) next_pause_ = first_pause;
    const loop::Lifetime::Watch watch(lifetime_);
    if (callbacks_.on_round) callbacks_.on_round(problem);
    if (!watch.is_over()) consider();
  }

  loop::Loop& loop_;
  guard::GuardClient& guard_;
  const Callbacks callbacks_;
  loop::Timer pause_;
  Duration next_pause_ = first_pause;

  std::optional<SettingsWish> wish_;
  Upstream last_upstream_;
  std::optional<ServerLook> look_;
  TimePoint look_from_{};  // older looks say nothing
  std::uint64_t postmaster_ = 0;
  TimePoint seen_since_{};  // this postmaster
  bool is_held_ = false;

  Work work_ = Work::none;
  std::unique_ptr<loop::BlockingTask> task_;
  std::uint64_t generation_ = 0;  // changes when what was written is not known any more
  std::optional<RoundPlan> done_;
  std::optional<ServerFiles> written_;
  ServerSetupPtr last_setup_;
  bool needs_signal_ = false;
  bool is_settings_reload_ = false;
  bool has_changed_ = false;  // since the last report
  std::optional<TimePoint> told_at_;
  int times_told_ = 0;  // because of a difference

  std::optional<TimePoint> gone_at_;
  std::optional<std::int64_t> gone_for_;

  std::optional<Question> asked_;
  TimePoint ask_from_{};
  std::vector<patroni::PendingRestart> pending_;
  std::vector<std::string> findings_;
  loop::Lifetime lifetime_;
  loop::WeakHandles<Impl> handles_{*this};
};

SettingsKeeper::SettingsKeeper(loop::Loop& loop, guard::GuardClient& guard, Callbacks callbacks)
    : impl_(std::make_unique<Impl>(loop, guard, std::move(callbacks))) {}
SettingsKeeper::~SettingsKeeper() = default;

void SettingsKeeper::want(ServerSetupPtr setup, const ha::WantedSettings& wanted, const Upstream& upstream) {
  impl_->want(std::move(setup), wanted, upstream);
}
void SettingsKeeper::on_look(const ServerLook& look) {
  impl_->on_look(look);
}
void SettingsKeeper::hold(bool is_held) {
  impl_->hold(is_held);
}
bool SettingsKeeper::is_writing() const {
  return impl_->is_writing();
}
void SettingsKeeper::reload() {
  impl_->reload();
}
const std::vector<patroni::PendingRestart>& SettingsKeeper::pending_restart() const {
  return impl_->pending();
}
const std::vector<std::string>& SettingsKeeper::findings() const {
  return impl_->findings();
}
void SettingsKeeper::forget() {
  impl_->forget(loop::boot_now());
}

}  // namespace tamada::agent
