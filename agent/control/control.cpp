#include "agent/control/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "agent/control/state/cycle_words.h"
#include "agent/control/state/ha_settings_of.h"
#include "agent/control/state/memory_text.h"
#include "agent/control/views/cluster_keys_view.h"
#include "common/loop/clock.h"

namespace tamada::agent {
namespace {

constexpr Duration turn = 1s;              // of what is looked at again and again
constexpr Duration callbacks_limit = 10s;  // for people's callbacks at the end
// After each action the server is looked at anew. That it is not known is worth a line only where it lasts.
constexpr Duration usual_look = 3s;

StoreDesk::Options store_options(const StartState& start, const patroni::DynamicSettings& shared) {
  StoreDesk::Options options;
  options.etcd = start.config.etcd;
  options.prefix = start.config.key_prefix + "/" + start.config.scope + "/";
  options.name = start.config.name;
  options.lock_path = start.state_dir + "/lock.json";
  options.ttl = std::chrono::duration_cast<std::chrono::seconds>(shared.ttl);
  options.loop_wait = shared.loop_wait;
  options.retry_timeout = shared.retry_timeout;
  return options;
}

}  // namespace

Control::Control(loop::Loop& loop, const ExecHelper& helper, AgentLog& log, StartState start)
    : loop_(loop),
      log_(log),
      start_(std::move(start)),
      config_(start_.config),
      shared_(start_.dynamic_copy, config_.bootstrap.dcs),
      setup_(make_server_setup(config_, shared_.document(), shared_.settings(), start_.server_version,
                               start_.known_settings)),
      resolver_(loop),
      side_(loop),
      store_(loop, resolver_, side_, store_options(start_, shared_.settings()), *this),
      server_(loop, helper, start_.place, config_.scope, *this),
      peers_(loop, resolver_, sql_threads_),
      operator_(loop, *this),
      timelines_(side_, config_.postgres.data_dir),
      memory_file_(
          side_, "memory.json", [this] { return [memory = memory_] { return write_memory(memory); }; },
          [this](const std::optional<Error>& why) {
            if (why) log_.write(Severity::warning, "what was seen of etcd cannot be kept: " + why->message);
          }),
      dynamic_file_(
          side_, "patroni.dynamic.json", [this] { return [text = shared_.text()] { return text; }; },
          [this](const std::optional<Error>& why) {
            if (why)
              log_.write(Severity::warning, "the shared configuration cannot be kept: " + why->message);
          }),
      notifier_(loop),
      errors_([this](ha::HaEvent event) { post(std::move(event)); }),
      tick_(loop,
            [this] { errors_.run("time passed", [this] { carry_out(decider_->tick(loop::boot_now())); }); }),
      beat_(loop, [this] { errors_.run("a cycle was told of", [this] { beat(); }); }),
      reading_limit_(loop,
                     [this] {
                       for (const auto& reader : std::exchange(readers_, {})) reader(false);
                     }),
      leave_limit_(loop, [this] { end(0, "the agent ends in a pause; PostgreSQL goes on"); }) {}

Control::~Control() = default;

// ---- the start

void Control::start() {
  (void)file_warnings_.take(start_.warnings);
  for (const std::string& words : config_.tags.contradictions()) log_.write(Severity::warning, words);
  const auto memory = memory_file_.use_folder(start_.state_dir);
  if (memory && *memory) {
    if (auto read = read_memory(**memory)) {
      memory_ = *std::move(read);
    } else {
      log_.write(Severity::warning, "what was seen of etcd before is not known: " + read.error().message);
    }
  }
  (void)dynamic_file_.use_folder({});
  peers_.configure(setup_);
  server_.configure(setup_);
  state_.setup = setup_;
  server_.start();
}

void Control::on_guard_failure(const guard::GuardFailure& failure) {
  using Kind = guard::GuardFailure::Kind;
  const bool is_twice = failure.kind == Kind::other_agent || failure.kind == Kind::in_use;
  if (is_twice && !decider_) return end(1, "Can't start; " + failure.words);
  std::string words = "no guard, so PostgreSQL is not started: " + failure.words;
  if (failure.kind == Kind::silent || failure.kind == Kind::no_answer) {
    words = "nothing would end PostgreSQL in time: " + failure.words +
            "; it is asked again and again. Where it is stopped, kill -CONT it; kill -9 ends it, and with it "
            "PostgreSQL";
  }
  log_.write(Severity::error, words);
}

void Control::on_guard_first_ready() {
  // The lock of an earlier run counts until the end that its guard holds.
  const auto record = store_.read_record();
  if (!record) log_.write(Severity::warning, "an earlier lock is not known: " + record.error().message);
  store_.start(record ? *record : LockRecord{});
}

// The keys have been read for the first time: whoever has this name already goes on, and this one does not.
void Control::begin_deciding() {
  if (name_check_ || api_ != nullptr) return;
  const auto go_on = [this](bool is_taken) {
    if (is_taken) {
      return end(1, fmt::format("Can't start; there is already a node named '{}' running", config_.name));
    }
    listen();
  };
  const auto key = state_.keys.member(config_.name);
  if (!key) return loop_.defer([go_on] { go_on(false); });
  name_check_ = std::make_unique<NameCheck>(loop_, resolver_, key->value.api_url, go_on);
}

void Control::listen() {
  if (api_ != nullptr) return;
  api_ = std::make_unique<ApiThread>(loop_, operator_);
  api_->configure(config_.restapi, [this](const Result<std::vector<Address>>& listening) {
    if (!listening) return end(1, "the REST API cannot listen: " + listening.error().message);
    start_decider();
  });
}

// Beside a guard that does not answer, what it runs is asked first: what is decided then depends on it.
void Control::start_decider() {
  if (!server_.guard_report().is_missing) return decide_from_now();
  server_.look([this] { decide_from_now(); });
}

void Control::decide_from_now() {
  if (decider_ || exit_code_ != 0) return;
  use_configuration();
  decider_.emplace(node_settings_of(config_), cluster_settings_of(*setup_, shared_.unsupported()),
                   loop::boot_now());
  // What earlier events told is in the queue behind these.
  std::deque<ha::HaEvent> first;
  first.emplace_back(memory_);
  first.emplace_back(server_.guard_report());
  for (ha::HaEvent& event : events_) {
    auto* lock = std::get_if<ha::LockReport>(&event);
    if (lock != nullptr && lock->operation == ha::LockReport::Operation::adopted) {
      const guard::FenceState& fence = server_.guard_status().fence;
      const bool is_armed = fence.standing == guard::FenceStanding::armed;
      if (is_armed && fence.epoch.create_revision == lock->epoch) lock->valid_until = fence.lease_end;
      // A lock that is somebody else's by now is no reason to stop a standby that has no guard.
      const auto& leader = state_.keys.leader();
      const bool is_there = leader && leader->create_revision == lock->epoch && leader->lease == lock->lease;
      const bool is_standby = server_.last_look().view.kind == ha::ServerKind::standby;
      if (!is_there && is_standby && server_.guard_report().is_missing) continue;
    }
    first.push_back(std::move(event));
  }
  events_ = std::move(first);
  if (server_.last_look().view.as_of != TimePoint{}) post(server_.last_look().view);
  if (const auto heard = state_.heard) post(view_of(state_.keys, *heard));
  beat_.start_repeating(turn);
  notifier_.ready();
  drain();
}

// ---- events

void Control::post(ha::HaEvent event) {
  events_.push_back(std::move(event));
  if (std::exchange(is_drain_posted_, true)) return;
  loop_.defer([handle = handles_.handle()] {
    Control* self = handle.get();
    if (self == nullptr) return;
    self->is_drain_posted_ = false;
    self->drain();
  });
}

void Control::drain() {
  while (decider_ && !events_.empty()) {
    const ha::HaEvent event = std::move(events_.front());
    events_.pop_front();
    errors_.run("something was decided", [&] {
      carry_out(decider_->apply(event, loop::boot_now()));
      keep_guard();
    });
  }
}

// Only what the decider believes moves the guard's deadline: a proof may be older than what etcd has shown since. A shorter
// ttl moves it back.
void Control::keep_guard() {
  const ha::HaState state = decider_->state(loop::boot_now());
  if (state.holds_lock) server_.renew(epoch(), state.lock_valid_until);
}

void Control::carry_out(const ha::Step& step) {
  tell_step(step);
  wanted_ = step.wanted;
  const Upstream upstream = member(step.wanted.follow);
  server_.want(wanted_, upstream);
  const TimePoint now = loop::boot_now();
  tick_.start(std::max<Duration>(1ms, step.next_tick - now));
  for (const ha::Order& order : step.orders) {
    errors_.run(order, [&] { std::visit([this](const auto& one) { carry_out_order(one); }, order); });
  }
  publish_soon();
}

void Control::tell_step(const ha::Step& step) {
  const bool is_new = step.row != row_;
  row_ = step.row;
  reason_ = step.reason;
  if (is_new) row_since_ = loop::boot_now();
  for (const ha::HaFact& fact : step.facts) {
    if (fact.kind == ha::HaFactKind::row_changed) continue;  // the cycle's line says it
    log_.write(fact.is_warning ? Severity::warning : Severity::info, fact.words);
    told_fact_ = fact.words;
  }
  if (is_new) beat();
}

// The line of a cycle; and what is due.
void Control::beat() {
  Cycle cycle;
  cycle.row = row_;
  cycle.reason = reason_;
  cycle.name = config_.name;
  if (const auto& leader = state_.keys.leader()) {
    cycle.leader = leader->value;
    cycle.is_locked_by_hand = leader->lease == 0;
  }
  cycle.holds_lock = decider_->state(loop::boot_now()).holds_lock;
  cycle.is_paused = shared_.settings().pause;
  cycle.action = server_.action();
  cycle.action_from = action_.from;
  const std::string words = cycle_words(cycle);
  const TimePoint now = loop::boot_now();
  const bool is_passing = row_ == ha::RowId::server_unknown && now < row_since_ + usual_look;
  if (!is_passing && (words != last_words_ || now >= last_beat_ + shared_.settings().loop_wait)) {
    // A fact of this decision may have said the same.
    if (words != told_fact_) log_.heartbeat(words);
    told_fact_.clear();
    last_words_ = words;
    last_beat_ = now;
    store_.keep_member();
  }
  operator_.on_wall_time(
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
  publish_soon();
}

// ---- what the store and the server tell

void Control::take_store(const patroni::ClusterKeys& keys, TimePoint heard) {
  const bool has_changed = keys.revision() != state_.keys.revision();
  state_.keys = keys;
  state_.heard = heard;
  state_.heard_at =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  if (shared_.take(keys)) use_configuration();
  if (keys.initialize() && !keys.initialize()->value.empty()) peers_.expect_system(keys.initialize()->value);
  const ha::StoreView view = view_of(keys, heard);
  if (remember(memory_, view)) memory_file_.save();
  if (has_changed) tell_leader_key();
  if (has_changed) {
    Upstreams members;
    for (const auto& one : keys.members()) {
      members.push_back(member(one.name));
      if (members.back().is_set()) seen_members_[one.name] = members.back();
    }
    server_.set_members(members);
  }
  post(view);
  if (heard >= reading_since_ && !readers_.empty()) {
    reading_limit_.stop();
    for (const auto& reader : std::exchange(readers_, {})) reader(true);
  }
  if (!decider_) begin_deciding();
  if (has_changed) publish();
}

// Once for each such key.
void Control::tell_leader_key() {
  const std::string problem = leader_key_problem(state_.keys);
  if (std::exchange(leader_key_problem_, problem) == problem) return;
  if (problem.empty()) return log_.write(Severity::info, "the leader key without a lease has gone");
  log_.write(Severity::error, problem);
}

void Control::on_store_silence(const std::string& why) {
  if (why.empty()) return log_.write(Severity::info, "etcd answers again");
  log_.write(Severity::error, "DCS is not accessible: " + why);
}

void Control::on_server_words(const std::string& words, bool is_warning) {
  log_.write(is_warning ? Severity::warning : Severity::info, words);
}

void Control::take_look(const ServerLook& look) {
  if (!look.view.system_id.empty()) state_.system_id = look.view.system_id;
  // Beside nothing else: initdb and a clone want an empty directory.
  const bool is_there = look.view.data == ha::DataState::present && action_.kind == ha::ActionKind::none;
  (void)dynamic_file_.use_folder(is_there ? config_.postgres.data_dir : std::string());
  refresh();
  operator_.on_look(look);
  post(look.view);
  publish();
}

void Control::take_server_event(const ha::HaEvent& event) {
  if (const auto* ended = std::get_if<ha::ActionEnded>(&event)) {
    const ha::Action action = std::exchange(action_, {});
    refresh();
    operator_.on_action_ended(action, ended->result);
    dynamic_file_.save();
    const bool is_done = ended->result.outcome == ha::ActionResult::Outcome::done;
    const bool has_no_cluster = action.kind == ha::ActionKind::bootstrap ? !is_done : is_done;
    if (has_no_cluster &&
        (action.kind == ha::ActionKind::bootstrap || action.kind == ha::ActionKind::set_aside)) {
      store_.drop_claim();
    }
  }
  post(event);
  if (std::holds_alternative<ha::ActionEnded>(event) && asks_after_action_) {
    post(*std::exchange(asks_after_action_, std::nullopt));
  }
}

// ---- the end

void Control::leave() {
  if (std::exchange(is_leaving_, true)) return;
  log_.write(Severity::info, "the agent is asked to end");
  notifier_.stopping();
  if (!decider_) return end(0, {});
  post(ha::LeaveRequest{});
}

void Control::end(int code, const std::string& words) {
  exit_code_ = code;
  if (!words.empty()) log_.write(code == 0 ? Severity::info : Severity::critical, words);
  tick_.stop();
  beat_.stop();
  server_.finish_callbacks(code == 0 ? callbacks_limit : Duration(0), [this] { loop_.stop(); });
}

}  // namespace tamada::agent
