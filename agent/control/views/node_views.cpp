#include "agent/control/views/node_views.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "agent/control/views/cluster_keys_view.h"
#include "agent/control/views/server_facts.h"
#include "common/patroni/member_tags.h"
#include "common/patroni/python_value.h"

namespace tamada::agent {
namespace {

using ha::ActionKind;
using ha::DataState;
using ha::ServerKind;
using patroni::NodeRole;
using patroni::ServerState;

// What an action does to the server, where it has not said so itself; none: the server is as the look saw it.
std::optional<ServerState> state_by_action(ActionKind action) {
  switch (action) {
    case ActionKind::bootstrap:
      return ServerState::initializing;
    case ActionKind::clone:
      return ServerState::creating_replica;
    case ActionKind::start_primary:
    case ActionKind::start_standby:
      return ServerState::starting;
    case ActionKind::restart:
      return ServerState::restarting;
    case ActionKind::stop_fast:
    case ActionKind::stop_immediate:
      return ServerState::stopping;
    case ActionKind::none:
    case ActionKind::promote:
    case ActionKind::check_divergence:
    case ActionKind::rewind:
    case ActionKind::set_aside:
    case ActionKind::recover_alone:
      break;
  }
  return std::nullopt;
}

bool has_no_data(const ha::ServerView& view) {
  return view.data == DataState::absent || view.data == DataState::broken;
}

bool follows_a_cluster(const ControlState& state) {
  return state.dynamic.standby_cluster && state.ha.holds_lock;
}

NodeRole standby_role(const ControlState& state) {
  return follows_a_cluster(state) ? NodeRole::standby_leader : NodeRole::replica;
}

NodeRole stopped_role(const ControlState& state) {
  const ha::ServerView& view = state.look.view;
  if (has_no_data(view)) return NodeRole::uninitialized;
  // Whoever reads "primary" may take it for one that lives.
  if (view.was_primary()) return state.ha.holds_lock ? NodeRole::primary : NodeRole::demoted;
  return standby_role(state);
}

std::string words_of_divergence(const ControlState& state) {
  const auto& leader = state.keys.leader();
  const auto key = leader ? state.keys.member(leader->value) : nullptr;
  const auto number = [](std::int64_t timeline) {
    return timeline == 0 ? std::string("not known") : std::to_string(timeline);
  };
  return fmt::format(
      "this node (timeline {}) has what the leader{} (timeline {}) has not, and nothing is allowed that "
      "would mend it: "
      "save what only this node has, then copy it anew (patronictl reinit), or allow pg_rewind",
      number(state.look.view.timeline), leader ? " " + leader->value : "",
      number(key ? key->value.timeline.value_or(0) : 0));
}

std::string problem_of(const ControlState& state) {
  std::vector<std::string> problems;
  if (!state.disk_problem.empty()) problems.push_back(state.disk_problem);
  if (state.is_guard_missing && state.dynamic.pause)
    problems.emplace_back("the guard does not answer; in a pause nobody is demoted for that");
  if (state.is_guard_missing && !state.dynamic.pause)
    problems.emplace_back("the guard does not answer; without it no lock is kept, nor taken");
  if (state.ha.is_stuck) problems.push_back(words_of_divergence(state));
  return fmt::format("{}", fmt::join(problems, "; "));
}

void add_tags(const patroni::MemberTags& tags, NodeSnapshot& snapshot) {
  if (!tags.all().empty()) snapshot.effective_tags = patroni::compact_json(tags.to_json());
  for (const auto& [name, value] : tags.all()) {
    if (!value.is_nested()) snapshot.tags.values[name] = value.query_text();
  }
  snapshot.tags.noloadbalance = tags.noloadbalance();
  snapshot.tags.nofailover = tags.nofailover();
  snapshot.tags.clonefrom = tags.clonefrom();
  snapshot.tags.nosync = tags.nosync();
  snapshot.failover_priority = static_cast<int>(
      std::clamp<std::int64_t>(tags.failover_priority(), 0, std::numeric_limits<int>::max()));
}

}  // namespace

patroni::MemberTags effective_tags_of(const ControlState& state) {
  auto shown = state.setup->config.tags.shown();
  // It takes no lock then, and who takes part in a race must not wait for it because it has more.
  const bool has_no_guard = state.is_guard_missing && !state.dynamic.pause;
  if (has_no_guard || state.ha.has_diverged) shown["nofailover"] = true;
  const auto tags = patroni::read_member_tags(shown).value;
  return state.ha.stays_out_of_sync ? tags.without_sync() : tags;
}

ServerState server_state_of(const ControlState& state) {
  if (state.action_state) return *state.action_state;
  if (const auto by_action = state_by_action(state.action)) return *by_action;
  switch (state.look.view.kind) {
    case ServerKind::stopped:
      // In pause nobody does anything about it: it is as an operator left it.
      return state.has_crashed && !state.dynamic.pause ? ServerState::crashed : ServerState::stopped;
    case ServerKind::starting:
      return ServerState::starting;
    case ServerKind::stopping:
      return ServerState::stopping;
    case ServerKind::standby:
    case ServerKind::primary:
    case ServerKind::hung:
    case ServerKind::unknown:
      break;
  }
  return ServerState::running;
}

NodeRole node_role_of(const ControlState& state) {
  const ha::ServerView& view = state.look.view;
  switch (view.kind) {
    case ServerKind::primary:
      return NodeRole::primary;
    case ServerKind::standby:
      return standby_role(state);
    case ServerKind::stopped:
      return stopped_role(state);
    case ServerKind::unknown:
    case ServerKind::starting:
    case ServerKind::stopping:
    case ServerKind::hung:
      break;
  }
  if (state.ha.may_write) return NodeRole::primary;
  const bool is_anything = view.data == DataState::present || view.postmaster != 0;
  return is_anything ? standby_role(state) : NodeRole::uninitialized;
}

SnapshotPtr node_snapshot(const ControlState& state, TimePoint now) {
  auto snapshot = std::make_shared<NodeSnapshot>();
  if (state.setup) {
    snapshot->scope = state.setup->config.scope;
    snapshot->name = state.setup->config.name;
    add_tags(effective_tags_of(state), *snapshot);
  }
  snapshot->agent_version = TAMADA_VERSION;
  // Of a look that saw it gone: the positions that are shown beside it do not move any more.
  if (state.look.view.is_receiver_gone) snapshot->receiver_gone_since = state.ha.receiver_gone_since;
  snapshot->server.state = server_state_of(state);
  snapshot->server.role = node_role_of(state);
  snapshot->server.system_identifier = state.system_id;
  snapshot->server.facts = server_facts(state, now);
  snapshot->settings = cluster_settings_of(state.dynamic);
  if (state.heard) snapshot->cluster = cluster_view_of(state.keys, *state.heard, state.dynamic.ttl);
  if (state.ha.holds_lock && !state.has_guard_fired) snapshot->lock_valid_until = state.ha.lock_valid_until;
  snapshot->next_run = state.next_run;
  snapshot->dcs_last_seen = state.heard_at;
  if (state.keys.failsafe()) {
    const auto& urls = state.keys.failsafe()->value.api_urls;
    snapshot->failsafe.emplace(urls.begin(), urls.end());
  }
  snapshot->pending_restart_reason = pending_restart_json(state.pending_restart);
  if (state.scheduled_restart) {
    snapshot->scheduled_restart = scheduled_restart_json(*state.scheduled_restart, false);
  }
  snapshot->guard = state.guard;
  snapshot->problem = problem_of(state);
  snapshot->has_diverged = state.ha.has_diverged;
  snapshot->watchdog_failed = state.watchdog_failed;
  snapshot->log_queue = state.log_waiting;
  snapshot->log_lost = state.log_lost;
  return snapshot;
}

}  // namespace tamada::agent
