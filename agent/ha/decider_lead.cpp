// The rows "promote" and "lead".
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {

// The guard is armed, and /sync names nobody who would not be waited for. Orders what is missing.
bool Decider::Impl::may_be_made_writable() {
  if (server_.system_id.empty()) return false;
  // /sync must be seen as it was when the lock was taken, or later.
  if (!store_is_fresh() || store_->revision < held_->revision) return false;
  if (!cluster_.pause && !is_armed()) {
    arm();
    return false;
  }
  if (!is_sync_certain()) return false;
  const SyncChange change = sync_plan_.before_writing(node_.name, cluster_, *store_);
  if (change.kind != SyncChange::Kind::write_key) return true;
  sync_write_ = next_id();
  order(WriteSync{*sync_write_, store_->sync.mod_revision, node_.name, change.names, false});
  return false;
}

void Decider::Impl::promote() {
  follow_.clear();
  because("promoting self to leader by acquiring session lock");
  if (!may_be_made_writable() || server_.timeline == 0) return;
  // Two nodes that each begin a timeline of the same number make histories that nobody can tell apart. So the number is
  // taken in etcd before PostgreSQL takes it.
  const bool is_taken =
      store_->timeline_revision >= held_->revision && store_->newest_timeline > server_.timeline;
  if (is_taken) return begin(ActionKind::promote, {}, false, store_->newest_timeline);
  if (timeline_write_) return;
  timeline_write_ = next_id();
  order(WriteTimeline{*timeline_write_, store_->timeline_revision, newest_timeline() + 1});
}

std::uint32_t Decider::Impl::newest_timeline() const {
  std::uint32_t newest = std::max({server_.timeline, newest_stored_timeline(), newest_seen_});
  for (const auto& [name, member] : last_members_) newest = std::max(newest, member.timeline.value_or(0));
  return newest;
}

std::uint32_t Decider::Impl::newest_stored_timeline() const {
  const std::uint32_t ended = store_->last_history_timeline;
  return std::max(store_->newest_timeline, ended == 0 ? 0 : ended + 1);
}

void Decider::Impl::start_in_place() {
  if (may_be_made_writable()) begin(ActionKind::start_primary);
}

void Decider::Impl::lead() {
  because(fmt::format("no action. I am ({}), the leader with the lock", node_.name));
  follow_.clear();
  receiver_off_.reset();
  if (!is_armed()) arm();
  if (!store_is_fresh()) return;
  if (!store_->has_initialize && !initialize_write_ && !server_.system_id.empty()) {
    initialize_write_ = next_id();
    order(WriteInitialize{*initialize_write_, server_.system_id});
  }
  look_at_failover();
  if (!handover_) keep_sync();
}

void Decider::Impl::lead_in_pause() {
  because(fmt::format("no action. I am ({}), the leader with the lock", node_.name));
  follow_.clear();
  receiver_off_.reset();
  if (!store_is_fresh()) return;
  // Nobody is chosen in pause, but who is named takes over.
  if (!store_->failover.candidate.empty()) look_at_failover();
  if (!handover_) keep_sync();
}

// What the key says is what it will say: no write is on its way, nor one of which nobody knows what comes of it.
bool Decider::Impl::is_sync_certain() {
  if (sync_write_) return false;
  if (!is_sync_in_doubt_ || store_->sync.mod_revision == 0 || !same_name(store_->sync.leader, node_.name))
    return true;
  sync_write_ = next_id();
  order(WriteSync{*sync_write_, store_->sync.mod_revision, node_.name, store_->sync.standbys, false});
  return false;
}

void Decider::Impl::keep_sync() {
  if (!is_sync_certain()) return;
  const SyncChange change = sync_plan_.next(node_.name, cluster_, *store_, server_);
  const bool blocks = sync_plan_.has_nobody() && cluster_.synchronous_mode_strict;
  // Patroni's words of several versions, which people's alarms look for.
  if (blocks && !std::exchange(commits_wait_told_, true)) {
    tell(HaFactKind::commits_wait,
         "No standbys available! No active replication connections from Patroni members and "
         "synchronous_mode_strict is requested: commits wait until a standby streams",
         true);
  }
  if (!blocks) commits_wait_told_ = false;
  if (change.kind == SyncChange::Kind::none) return;
  tell(HaFactKind::sync_changed, change.words);
  if (change.kind == SyncChange::Kind::set_names) return;
  sync_write_ = next_id();
  order(WriteSync{*sync_write_, store_->sync.mod_revision, node_.name, change.names,
                  change.kind == SyncChange::Kind::remove_key});
}

void Decider::Impl::look_at_failover() {
  const FailoverView& failover = store_->failover;
  if (!failover.is_asked_for() || failover_write_) return;
  const bool is_mine = failover.leader.empty() || failover.leader == node_.name;
  if (is_mine && failover.candidate != node_.name) return begin_handover(false);
  // Carried out, or meant for a leader of before.
  failover_write_ = next_id();
  order(ClearFailover{*failover_write_, failover.mod_revision});
}

}  // namespace tamada::ha
