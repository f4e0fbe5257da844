#include "tests/simulation/world/agent_host.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "tests/simulation/world/world.h"

namespace tamada::simulation {
namespace {

constexpr Duration look_interval = 1s;
// The guard is asked as often as a real agent asks it, and missing after as many turns without an answer: turns, since an
// agent that stood still has not asked.
constexpr Duration guard_interval = 500ms;
constexpr int silent_limit = 6;

// What the guard has to do itself; all else the agent can do without it.
bool needs_guard(ha::ActionKind kind) {
  return kind != ha::ActionKind::stop_fast && kind != ha::ActionKind::stop_immediate;
}

}  // namespace

AgentHost::AgentHost(World& world, std::string name, NodeServer& server)
    : world_(world),
      name_(std::move(name)),
      prefix_(World::prefix),
      process_(world.scheduler()),
      server_(server),
      guard_(world.scheduler(), server) {}

ha::NodeSettings AgentHost::node_settings() const {
  ha::NodeSettings node;
  node.name = name_;
  node.tags = tags_;
  return node;
}

void AgentHost::start() {
  process_.start();
  mirror_.reset();
  lock_.reset();
  session_ = std::make_unique<EtcdSession>(process_, world_.etcd(), world_.links(), name_);
  for (std::uint64_t i = world_.random().below(3); i > 0; --i) session_->next_member();
  lock_ = std::make_unique<LockClient>(process_, *session_, prefix_, name_,
                                       [this](const ha::LockReport& report) { on_lock(report); });
  lock_->set_mistakes(world_.mistakes().lock);
  lock_->adopt(lock_file_);
  mirror_ = std::make_unique<StoreMirror>(process_, *session_, prefix_,
                                          [this](const ha::StoreView& view) { on_store(view); });
  // What was known before is kept in a file.
  if (memory_.revision == 0) known_settings_ = world_.settings();
  decider_ = std::make_unique<ha::Decider>(node_settings(), known_settings_, process_.now());
  config_text_.clear();
  lock_->set_ttl(known_settings_.ttl.count());
  answers_.clear();
  began_ = process_.now();
  heard_store_.reset();
  member_lease_ = 0;
  member_key_ = {};
  is_publishing_ = false;
  status_written_ = 0;
  guard_.set_listener(
      [this](const ha::GuardReport& report) { process_.after(100us, [this, report] { apply(report); }); });
  is_acting_ = false;
  world_.tell(name_, "the agent starts");
  apply(memory_);
  silent_turns_ = guard_.process().runs() ? 0 : silent_limit;
  is_guard_missing_ = silent_turns_ > 0;
  ha::GuardReport missing;
  missing.is_missing = true;
  apply(is_guard_missing_ ? missing : guard_.report());
  if (lock_file_.epoch != 0) {
    ha::LockReport report;
    report.operation = ha::LockReport::Operation::adopted;
    report.epoch = lock_file_.epoch;
    report.lease = lock_file_.lease;
    const guard::FenceState& fence = guard_.fence();
    if (fence.standing == guard::FenceStanding::armed && fence.epoch.create_revision == lock_file_.epoch) {
      report.valid_until = fence.lease_end;
    }
    apply(report);
  }
  mirror_->start();
  look();
  watch_guard();
  keep_member();
}

void AgentHost::kill() {
  if (!process_.is_alive()) return;
  world_.tell(name_, "the agent is gone");
  mirror_->stop();
  process_.kill();
  world_.scheduler().cancel(next_tick_);
  world_.scheduler().cancel(next_look_);
  guard_.set_listener({});
  server_.abandon();
}

bool AgentHost::holds_lock() const {
  return process_.is_alive() && decider_ && decider_->state(process_.now()).holds_lock;
}

bool AgentHost::has_voted() const {
  return process_.runs() && decider_ && decider_->state(process_.now()).receiver_gone_since;
}

void AgentHost::apply(const ha::HaEvent& event) {
  carry_out(decider_->apply(event, process_.now()));
}

void AgentHost::tick() {
  carry_out(decider_->tick(process_.now()));
}

void AgentHost::carry_out(const ha::Step& step) {
  if (step.row != row_) world_.reached(step.row);
  row_ = step.row;
  if (!step.reason.empty()) reason_ = step.reason;
  for (const ha::HaFact& fact : step.facts) {
    world_.tell(name_, std::string(ha::name_of(fact.kind)) + " " + fact.words);
  }
  wanted_ = step.wanted;
  server_.want(step.wanted);
  world_.scheduler().cancel(next_tick_);
  next_tick_ = world_.scheduler().at(std::max(step.next_tick, process_.now() + 1ms),
                                     process_.bind([this] { tick(); }));
  for (const ha::Order& order : step.orders) {
    process_.after(50us, [this, order, row = step.row] {
      ordered_by_ = row;
      std::visit([this](const auto& one) { carry_out(one); }, order);
    });
  }
}

void AgentHost::look() {
  world_.scheduler().cancel(next_look_);
  next_look_ = world_.scheduler().after(look_interval, process_.bind([this] { look(); }));
  // The answer of the server takes a moment; what it says is of when it was asked.
  const ha::ServerView view = server_.look();
  process_.after(world_.random().between(500us, 5ms), [this, view] {
    last_look_ = view;
    if (view.kind == ha::ServerKind::standby && !is_acting_) is_finishing_ = false;
    apply(view);
    publish();
  });
}

void AgentHost::watch_guard() {
  process_.after(guard_interval, [this] { watch_guard(); });
  silent_turns_ = guard_.process().runs() ? 0 : silent_turns_ + 1;
  const bool is_missing = silent_turns_ >= silent_limit;
  if (std::exchange(is_guard_missing_, is_missing) == is_missing) return;
  ha::GuardReport missing;
  missing.is_missing = true;
  apply(is_missing ? missing : guard_.report());
}

void AgentHost::server_changed() {
  if (!process_.is_alive()) return;
  process_.after(1ms, [this] { look(); });
}

void AgentHost::on_store(const ha::StoreView& view) {
  heard_store_ = view.as_of;
  lock_->saw_leader(view);
  saw_member_key(view);
  const std::string config = mirror_->keys().config() ? mirror_->keys().config()->value : std::string();
  if (!config.empty() && config != config_text_) {
    config_text_ = config;
    const ha::ClusterSettings settings = world_.settings_of(config);
    lock_->set_ttl(settings.ttl.count());
    if (settings.pause && !known_settings_.pause) paused_since_ = process_.now();
    known_settings_ = settings;
    apply(settings);
  }
  // A store that was wiped counts its revisions anew: what peers said of an earlier vacancy is not about this one.
  if (view.store_id != memory_.store_id || view.revision < memory_.revision) answers_.clear();
  memory_.store_id = view.store_id;
  memory_.revision = view.revision;
  for (const ha::MemberView& member : view.members) memory_member(member);
  memory_.newest_timeline = std::max(memory_.newest_timeline, view.newest_timeline);
  if (view.leader) memory_.last_leader = view.leader->name;
  apply(view);
}

void AgentHost::memory_member(const ha::MemberView& member) {
  for (ha::MemberView& known : memory_.members) {
    if (known.name != member.name) continue;
    const auto timeline = std::max(known.timeline.value_or(0), member.timeline.value_or(0));
    const bool has_data = known.has_data || member.has_data;
    known = member;
    known.timeline = timeline;
    known.has_data = has_data;
    return;
  }
  memory_.members.push_back(member);
}

void AgentHost::on_lock(const ha::LockReport& report) {
  lock_file_ = lock_->file();
  world_.believed(name_, report);
  if (report.outcome == ha::LockReport::Outcome::held) {
    const guard::LockEpoch epoch{report.lease, report.epoch};
    if (guard_.fence().standing == guard::FenceStanding::armed && guard_.fence().epoch == epoch) {
      guard_.process().after(100us,
                             [this, epoch, until = report.valid_until] { guard_.renew(epoch, until); });
    }
  }
  if (report.operation == ha::LockReport::Operation::release &&
      report.outcome == ha::LockReport::Outcome::not_held) {
    world_.released(name_);
  }
  apply(report);
  // What stands there now is of interest at once.
  if (report.outcome != ha::LockReport::Outcome::held) mirror_->read();
}

void AgentHost::carry_out(const ha::ArmGuard& order) {
  const guard::LockEpoch epoch{lock_->file().lease, order.epoch};
  guard_.process().after(100us, [this, epoch, until = order.deadline] { guard_.arm(epoch, until); });
}

void AgentHost::carry_out(const ha::DisarmGuard&) {
  guard_.process().after(100us, [this] { guard_.disarm(); });
}

void AgentHost::ask_peer(const std::string& peer) {
  const TimePoint sent = process_.now();
  answers_.erase(peer);
  const auto answered = std::make_shared<bool>(false);
  const auto answer = [this, peer, sent, answered](std::optional<ha::PeerStatus> status) {
    if (std::exchange(*answered, true)) return;
    if (world_.mistakes().races_without_veto && status) status->server = ha::PeerStatus::Server::standby;
    if (status) answers_[peer] = *status;
    apply(ha::PeerAnswer{peer, sent, std::move(status)});
  };
  process_.after(2s, [answer] { answer(std::nullopt); });
  // Where its REST API says nothing, its PostgreSQL is asked whether it is a primary.
  process_.after(1s, [this, peer, answer] {
    AgentHost* silent = world_.agent(peer);
    if (silent == nullptr || !world_.machine_runs(peer) || world_.links().loses(name_, peer) ||
        world_.links().loses(peer, name_) || silent->server_.look().kind != ha::ServerKind::primary) {
      return;
    }
    ha::PeerStatus status;
    status.server = ha::PeerStatus::Server::primary;
    answer(status);
  });
  AgentHost* other = world_.agent(peer);
  if (other == nullptr || world_.links().loses(name_, peer)) return;
  if (world_.machine_runs(peer) && !other->process_.is_alive()) {
    // Its REST API refuses; its PostgreSQL is asked instead whether it is a primary.
    const bool is_primary = other->server_.look().kind == ha::ServerKind::primary;
    return process_.after(world_.links().delay() * 2, [answer, is_primary] {
      ha::PeerStatus status;
      status.server = ha::PeerStatus::Server::primary;
      answer(is_primary ? std::optional(status) : std::nullopt);
    });
  }
  other->process_.after(world_.links().delay(), [this, other, peer, answer] {
    const ha::PeerStatus status = other->answer_peer();
    if (world_.links().loses(peer, name_)) return;
    process_.after(world_.links().delay() + 1ms, [answer, status] { answer(status); });
  });
}

ha::PeerStatus AgentHost::answer_peer() {
  const ha::ServerView view = server_.look();
  ha::PeerStatus status;
  status.is_agent = true;
  status.tags = tags_;
  status.tags.nofailover = tags_.nofailover || decider_->state(process_.now()).has_diverged;
  status.timeline = view.timeline;
  if (view.kind == ha::ServerKind::primary) {
    status.server = ha::PeerStatus::Server::primary;
    status.position = view.position();
  } else if (view.kind == ha::ServerKind::stopped) {
    status.server = ha::PeerStatus::Server::stopped;
  } else if (view.kind == ha::ServerKind::standby) {
    status.server = ha::PeerStatus::Server::standby;
    status.position = view.position();
    // Both the decision and the look of now.
    if (view.is_receiver_gone)
      status.receiver_gone_since = decider_->state(process_.now()).receiver_gone_since;
  }
  return status;
}

// Those that its Decider takes for final: of this vacancy.
void AgentHost::count_votes() {
  const std::optional<std::int64_t> vacancy = decider_->state(process_.now()).receiver_gone_since;
  std::map<std::string, ha::Lsn> votes;
  for (const auto& [peer, status] : answers_) {
    const bool is_final = vacancy && status.receiver_gone_since && *status.receiver_gone_since >= *vacancy;
    if (is_final && status.position) votes[peer] = *status.position;
  }
  world_.counted(name_, std::move(votes));
}

void AgentHost::begin(const ha::Action& action) {
  // The way back of a handover that began before the pause is its end.
  const bool knows_pause = known_settings_.pause && process_.now() > paused_since_ + 1ms;
  const bool is_handing_over = ordered_by_ == ha::RowId::handing_over;
  world_.begins(name_, action, knows_pause && !is_handing_over && !is_finishing_);
  // Somebody asked for it in the pause: it ends with this node behind the new leader.
  if (is_handing_over && action.kind == ha::ActionKind::stop_fast) is_finishing_ = true;
  if (action.kind == ha::ActionKind::clone) is_finishing_ = true;
  if (world_.mistakes().releases_before_stop && action.kind == ha::ActionKind::stop_fast && holds_lock()) {
    lock_->release(std::nullopt);
    return process_.after(100ms, [this, action] { run(action); });
  }
  run(action);
}

void AgentHost::run(ha::Action action) {
  if (world_.mistakes().rebuilds_unasked && action.kind == ha::ActionKind::start_standby &&
      action.from.empty() && last_look_.was_primary()) {
    action.from = world_.other_that_runs(name_);
    action.kind = action.from.empty() ? action.kind : ha::ActionKind::clone;
    action.may_replace_data = true;
  }
  if (needs_guard(action.kind) && !guard_.process().runs()) {
    return process_.after(3s, [this, id = action.id] {
      apply(ha::ActionEnded{id, {ha::ActionResult::Outcome::failed, {}, "the guard does not answer"}});
    });
  }
  is_acting_ = true;
  server_.begin(action,
                process_.bind([this, id = action.id, kind = action.kind](const ha::ActionResult& result) {
                  is_acting_ = false;
                  const bool is_done = result.outcome == ha::ActionResult::Outcome::done;
                  if (kind == ha::ActionKind::set_aside || (kind == ha::ActionKind::bootstrap && !is_done))
                    lock_->set_claim(0);
                  apply(ha::ActionEnded{id, result});
                  look();
                }));
}

void AgentHost::ask_to_leave() {
  if (process_.is_alive()) process_.after(0us, [this] { apply(ha::LeaveRequest{}); });
}

void AgentHost::carry_out(const ha::Leave&) {
  lock_file_ = lock_->file();
  kill();
}

void AgentHost::restart_server() {
  if (process_.is_alive()) {
    process_.after(0us, [this] { apply(ha::OperatorRequest{ha::OperatorRequest::Kind::restart}); });
  }
}

void AgentHost::reinitialize() {
  if (process_.is_alive()) {
    process_.after(0us, [this] { apply(ha::OperatorRequest{ha::OperatorRequest::Kind::reinitialize}); });
  }
}

void AgentHost::set_tags(const ha::NodeTags& tags) {
  tags_ = tags;
  if (process_.is_alive()) process_.after(0us, [this] { apply(node_settings()); });
}

void AgentHost::fail_unexpectedly() {
  if (process_.is_alive())
    process_.after(0us, [this] { apply(ha::UnexpectedError{"the simulation says so"}); });
}

}  // namespace tamada::simulation
