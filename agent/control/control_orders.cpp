// What the decider orders, handed to who does it.
#include <algorithm>
#include <utility>

#include "agent/control/control.h"
#include "agent/control/views/node_views.h"
#include "common/loop/clock.h"

namespace tamada::agent {
namespace {

constexpr Duration leave_limit = 3s;  // for the member key to say that the agent has gone

}  // namespace

guard::LockEpoch Control::epoch() const {
  const LockGuard lock = store_.lock_guard();
  return {lock.lease, lock.create_revision};
}

void Control::carry_out_order(const ha::ArmGuard& order) {
  guard::LockEpoch mine = epoch();
  if (mine.create_revision != order.epoch) return;  // the lock has gone since
  server_.arm(mine, order.deadline);
}

void Control::carry_out_order(const ha::DisarmGuard& /*order*/) {
  server_.disarm(shared_.settings().pause);
}

void Control::carry_out_order(const ha::AskPeer& order) {
  Upstream peer = member(order.name);
  // One that etcd has forgotten: its agent has gone, and its PostgreSQL may be a primary all the same.
  if (const auto seen = seen_members_.find(order.name); !peer.is_set() && seen != seen_members_.end())
    peer = seen->second;
  if (!peer.is_set()) {
    // And which only an earlier run had seen.
    const auto known = std::find_if(memory_.members.begin(), memory_.members.end(),
                                    [&order](const ha::MemberView& one) { return one.name == order.name; });
    peer.name = order.name;
    if (known != memory_.members.end()) peer.api_url = known->api_url;
  }
  peers_.ask(peer, [this](const ha::PeerAnswer& answer) { post(answer); });
}

void Control::carry_out_order(const ha::BeginAction& order) {
  action_ = order.action;
  server_.begin(order.action, context_of(order.action));
  refresh();
  operator_.on_action_begun(order.action);
}

ActionContext Control::context_of(const ha::Action& action) {
  ActionContext context;
  context.setup = setup_;
  context.wanted = wanted_;
  context.from = member(action.from);
  if (const auto& leader = state_.keys.leader()) context.leader = member(leader->value);
  context.last_look = server_.last_look();
  const ha::HaState ha = decider_->state(loop::boot_now());
  if (ha.holds_lock) {
    context.epoch = epoch();
    context.lease_end = ha.lock_valid_until;
  }
  context.is_paused = shared_.settings().pause;
  if (action.kind == ha::ActionKind::clone) {
    context.is_asked_for = std::exchange(is_asked_for_copy_, false);
    context.from_leader_only = std::exchange(from_leader_only_, false);
    context.sources = context.from_leader_only ? Upstreams{context.from} : clone_sources(action.from);
  }
  for (const auto& one : state_.keys.members()) context.members.insert(one.name);
  if (action.kind == ha::ActionKind::restart) {
    context.start_limit = std::exchange(restart_limit_, {});
    context.from = member(wanted_.follow);
  }
  if (!context.start_limit && shared_.settings().primary_start_timeout > 0s) {
    context.start_limit = shared_.settings().primary_start_timeout;
  }
  // Somebody else has what was acknowledged, so a stop need not be waited for as long as it may take.
  const patroni::DynamicSettings& shared = shared_.settings();
  const bool is_synchronous = shared.synchronous_mode != patroni::SynchronousMode::off;
  const bool is_primary = context.last_look.view.kind == ha::ServerKind::primary;
  if (action.kind == ha::ActionKind::stop_fast && is_synchronous && is_primary &&
      shared.primary_stop_timeout > 0s) {
    context.stop_limit = shared.primary_stop_timeout;
  }
  return context;
}

// Members that offer themselves (clonefrom) come first, so that the leader is spared.
Upstreams Control::clone_sources(const std::string& from) const {
  Upstreams sources;
  for (const auto& one : state_.keys.members()) {
    const patroni::MemberValue& value = one.key->value;
    if (one.name == config_.name || one.name == from || !value.is_running() || !value.tags.clonefrom())
      continue;
    sources.push_back(member(one.name));
  }
  sources.push_back(member(from));
  return sources;
}

// In a pause the server goes on, and this node's key says so: who leads after the pause need not wait for an answer.
void Control::carry_out_order(const ha::Leave& /*order*/) {
  const ha::ServerKind kind = server_.last_look().view.kind;
  if (!shared_.settings().pause || kind == ha::ServerKind::stopped) return end(0, {});
  state_.has_left = true;
  refresh();
  const std::string text = patroni::write_member_value(member_value(state_, loop::boot_now()));
  const auto finish = [this] {
    leave_limit_.stop();
    end(0, "the agent ends in a pause; PostgreSQL goes on, and whoever ended the agent answers for it");
  };
  leave_limit_.start(leave_limit);
  store_.publish_last_member(text, finish);
}

// ---- ControlAccess

SnapshotPtr Control::snapshot() {
  refresh();
  return node_snapshot(state_, loop::boot_now());
}

Upstream Control::member(const std::string& name) const {
  Upstream found;
  if (name.empty()) return found;
  const auto key = state_.keys.member(name);
  if (!key) return found;
  found.name = name;
  found.api_url = key->value.api_url;
  if (const auto address = key->value.address()) {
    found.host = address->host;
    found.port = address->port;
  }
  return found;
}

void Control::look_at_server(std::function<void(bool)> then) {
  server_.look([this, then = std::move(then)] { then(server_.last_look().status.has_value()); });
}

void Control::read_store(std::function<void(bool)> then) {
  reading_since_ = loop::boot_now();
  readers_.push_back(std::move(then));
  reading_limit_.start(shared_.settings().retry_timeout);
  store_.poke();
}

void Control::restart(std::optional<Duration> start_limit) {
  restart_limit_ = start_limit;
  post(ha::OperatorRequest{ha::OperatorRequest::Kind::restart});
}

void Control::reinitialize(bool from_leader_only, bool is_forced) {
  is_asked_for_copy_ = true;
  from_leader_only_ = from_leader_only;
  const ha::OperatorRequest request{ha::OperatorRequest::Kind::reinitialize};
  if (!is_forced || action_.kind == ha::ActionKind::none) return post(request);
  // What runs ends first: while it does the decider takes no request.
  asks_after_action_ = request;
  server_.cancel(action_.id);
}

void Control::state_changed(std::optional<patroni::ScheduledRestart> scheduled) {
  state_.scheduled_restart = std::move(scheduled);
  publish();
}

}  // namespace tamada::agent
