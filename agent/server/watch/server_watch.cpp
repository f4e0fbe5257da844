#include "agent/server/watch/server_watch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "agent/server/settings/server_files.h"
#include "agent/server/watch/disk_watch.h"
#include "agent/server/watch/server_judge.h"
#include "agent/server/watch/server_question.h"
#include "common/loop/clock.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"
#include "common/postgres/client/connection_threads.h"

namespace tamada::agent {

namespace {

// The decider believes a look for 10 s, and one may take 4 s.
constexpr Duration longest_interval = 5s;
// Between the end of a look and the next one that nobody asked for.
constexpr Duration shortest_pause = 100ms;

enum class Target {
  nothing,  // what the guard says is all that can be known
  server,
  disk,
};

// What of the guard's report makes another look necessary.
struct ProcessKey {
  explicit ProcessKey(const std::optional<guard::GuardStatus>& status) : is_known(status.has_value()) {
    if (!status) return;
    process = status->process;
    is_sweeping = status->is_sweeping;
  }
  bool operator==(const ProcessKey&) const = default;

  bool is_known;
  guard::ProcessState process;
  bool is_sweeping = false;
};

}  // namespace

class ServerWatch::Impl {
 public:
  Impl(loop::Loop& loop, const ExecHelper& helper, OnLook on_look)
      : loop_(loop), on_look_(std::move(on_look)), disk_(loop, helper), timer_(loop, [this] { on_due(); }) {}

  void configure(ServerSetupPtr setup) {
    setup_ = std::move(setup);
    plan(loop::boot_now());
  }

  void set_guard(const std::optional<guard::GuardStatus>& status) {
    const bool is_same = ProcessKey(status) == ProcessKey(guard_);
    guard_ = status;
    if (is_same) return;
    if (has_postmaster()) {
      disk_.server_runs();
    } else {
      disk_.changed();
    }
    // What a look under way finds may be of the former process or of this one.
    begin_anew();
  }

  void set_members(Upstreams members) { members_ = std::move(members); }

  void set_busy(bool is_busy) {
    if (is_busy == is_busy_) return;
    is_busy_ = is_busy;
    disk_.changed();
    if (is_looking_ && target_ == Target::disk) {
      begin_anew();
    } else {
      plan(loop::boot_now());
    }
  }

  void look(std::function<void()> done) {
    if (done) waiting_.push_back(std::move(done));
    if (is_looking_) {
      is_asked_again_ = true;
    } else {
      plan(loop::boot_now());
    }
  }

  void set_interval(Duration interval) {
    interval_ = std::clamp(interval, shortest_pause, longest_interval);
    plan(loop::boot_now() + interval_);
  }

 private:
  [[nodiscard]] bool has_postmaster() const {
    return guard_ && guard_->process.kind == guard::ProcessKind::postmaster;
  }

  // The next look begins then, or earlier where one was to.
  void plan(TimePoint at) {
    if (at >= due_ && timer_.is_active()) return;
    due_ = at;
    timer_.start(std::max(at - loop::boot_now(), Duration(1ms)));
  }

  void on_due() {
    due_ = TimePoint::max();
    if (is_looking_) {
      is_asked_again_ = true;
    } else if (setup_) {
      begin();
    }
  }

  [[nodiscard]] Target target() const {
    if (!guard_ || guard_->is_sweeping) return Target::nothing;
    if (has_postmaster()) return guard_->process.is_starting ? Target::nothing : Target::server;
    const bool may_read = guard_->process.kind == guard::ProcessKind::none && !is_busy_;
    return may_read && disk_.is_due() ? Target::disk : Target::nothing;
  }

  void begin() {
    is_looking_ = true;
    is_asked_again_ = false;
    told_ = std::exchange(waiting_, {});
    sighting_ = ServerSighting();
    sighting_.as_of = loop::boot_now();
    target_ = target();
    switch (target_) {
      case Target::nothing:
        return end();
      case Target::server: {
        SqlPlan plan;
        plan.conninfo = local_conninfo(*setup_);
        plan.data_dir = setup_->config.postgres.data_dir;
        plan.flushed_at = judge_.to_probe();
        question_ =
            std::make_unique<ServerQuestion>(loop_, threads_, std::move(plan), [this](SqlSighting sql) {
              sighting_.sql = std::move(sql);
              end();
            });
        return;
      }
      case Target::disk:
        return disk_.read(setup_->config.postgres.data_dir, setup_->postgres.bin_dir, [this] { end(); });
    }
  }

  // Who waits for this look gets a later one.
  void begin_anew() {
    if (is_looking_) {
      is_looking_ = false;
      question_.reset();
      disk_.stop_waiting();
      told_.insert(told_.end(), std::make_move_iterator(waiting_.begin()),
                   std::make_move_iterator(waiting_.end()));
      waiting_ = std::exchange(told_, {});
    }
    plan(loop::boot_now());
  }

  void end() {
    question_.reset();
    is_looking_ = false;
    sighting_.guard = guard_;
    sighting_.disk = disk_.known();
    const ServerLook look = judge_.look(sighting_, members_);
    plan_next();

    const loop::Lifetime::Watch watch(lifetime_);
    const std::vector<std::function<void()>> told = std::exchange(told_, {});
    // A copy: it may destroy this, and with it the function.
    const OnLook on_look = on_look_;
    if (on_look) on_look(look);
    for (const auto& done : told) {
      if (watch.is_over()) return;
      done();
    }
  }

  void plan_next() {
    const TimePoint now = loop::boot_now();
    if (is_asked_again_) return plan(now);
    const TimePoint wanted = sighting_.as_of + std::min(interval_, judge_.next_within());
    plan(std::max(wanted, now + shortest_pause));
  }

  loop::Loop& loop_;
  const OnLook on_look_;
  ServerSetupPtr setup_;
  std::optional<guard::GuardStatus> guard_;
  Upstreams members_;
  bool is_busy_ = false;
  Duration interval_ = usual_look_interval;

  ServerJudge judge_;
  DiskWatch disk_;
  postgres::ConnectionThreads threads_{{.connections = 4, .cancels = 4}};

  bool is_looking_ = false;
  bool is_asked_again_ = false;                 // while one was under way
  std::vector<std::function<void()>> told_;     // after the look under way
  std::vector<std::function<void()>> waiting_;  // after the next
  Target target_ = Target::nothing;
  ServerSighting sighting_;
  std::unique_ptr<ServerQuestion> question_;
  TimePoint due_ = TimePoint::max();
  loop::Timer timer_;
  loop::Lifetime lifetime_;
};

ServerWatch::ServerWatch(loop::Loop& loop, const ExecHelper& helper, OnLook on_look)
    : impl_(std::make_unique<Impl>(loop, helper, std::move(on_look))) {}

ServerWatch::~ServerWatch() = default;

void ServerWatch::configure(ServerSetupPtr setup) {
  impl_->configure(std::move(setup));
}

void ServerWatch::set_guard(const std::optional<guard::GuardStatus>& status) {
  impl_->set_guard(status);
}

void ServerWatch::set_members(Upstreams members) {
  impl_->set_members(std::move(members));
}

void ServerWatch::set_busy(bool is_busy) {
  impl_->set_busy(is_busy);
}

void ServerWatch::look(std::function<void()> done) {
  impl_->look(std::move(done));
}

void ServerWatch::set_interval(Duration interval) {
  impl_->set_interval(interval);
}

}  // namespace tamada::agent
