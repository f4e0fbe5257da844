#include "agent/ha/store_view_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

namespace tamada::ha {
namespace {

int as_int(std::int64_t number) {
  return static_cast<int>(
      std::clamp<std::int64_t>(number, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

// Patroni's words for a server that is there and does not answer. "stopped" is said of an empty data directory, too.
bool is_state_with_data(std::string_view state) {
  constexpr std::array<std::string_view, 8> states{"starting",    "stopping",     "restarting",
                                                   "crashed",     "start failed", "restart failed",
                                                   "stop failed", "running"};
  return std::find(states.begin(), states.end(), state) != states.end();
}

MemberView member_view_of(const patroni::ClusterKeys::Member& member) {
  const patroni::MemberValue& value = member.key->value;
  MemberView view;
  view.name = member.name;
  view.api_url = value.api_url;
  view.role = value.node_role();
  view.is_running = value.is_running();
  view.tags = node_tags_of(value.tags);
  view.position = value.xlog_location;
  view.timeline = value.timeline;
  view.is_paused = value.pause;
  view.has_left = value.has_left;
  view.has_checkpoint_pending = value.checkpoint_missing;
  view.has_data = value.timeline || value.xlog_location || is_state_with_data(value.state);
  return view;
}

SyncView sync_view_of(const patroni::KeyReading<patroni::SyncValue>& key) {
  SyncView view;
  view.mod_revision = key.mod_revision;
  view.leader = key.value.leader;
  view.standbys = key.value.voters;
  std::sort(view.standbys.begin(), view.standbys.end());
  view.quorum = key.value.quorum;
  view.is_unreadable = !key.problem.empty();
  return view;
}

}  // namespace

NodeTags node_tags_of(const patroni::MemberTags& tags) {
  NodeTags made;
  made.nofailover = tags.nofailover();
  made.failover_priority = as_int(tags.failover_priority());
  // The switch counts where both are given: "nosync: false" beside a priority of 0 is one that may be synchronous.
  made.sync_priority = tags.nosync() ? 0 : std::max(1, as_int(tags.sync_priority()));
  made.nostream = tags.nostream();
  made.replicatefrom = tags.replicatefrom().value_or("");
  return made;
}

StoreView store_view_of(const patroni::ClusterKeys& keys, TimePoint as_of, std::uint64_t store_id) {
  StoreView view;
  view.store_id = store_id;
  view.as_of = as_of;
  view.revision = keys.revision();
  if (keys.leader()) {
    const auto& key = *keys.leader();
    view.leader = LeaderKeyView{key.value, key.lease, key.create_revision, key.mod_revision};
  }
  for (const auto& member : keys.members()) view.members.push_back(member_view_of(member));
  if (keys.sync()) view.sync = sync_view_of(*keys.sync());
  if (keys.failover()) {
    const auto& key = *keys.failover();
    view.failover.mod_revision = key.mod_revision;
    view.failover.leader = key.value.leader.value_or("");
    view.failover.candidate = key.value.candidate.value_or("");
    view.failover.is_due = !key.value.is_scheduled;
  }
  if (keys.config()) view.config_revision = keys.config()->mod_revision;
  if (keys.status()) view.optime = keys.status()->value.optime;
  if (keys.initialize()) {
    view.has_initialize = true;
    view.initialize = keys.initialize()->value;
  }
  if (keys.history() && !keys.history()->value.entries.empty()) {
    view.last_history_timeline = keys.history()->value.entries.back().timeline;
  }
  if (keys.newest_timeline()) {
    view.newest_timeline = keys.newest_timeline()->value;
    view.timeline_revision = keys.newest_timeline()->mod_revision;
  }
  return view;
}

}  // namespace tamada::ha
