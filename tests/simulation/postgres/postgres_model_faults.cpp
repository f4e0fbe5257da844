// The faults that end or hold a server, its processes or its disk.
#include <utility>

#include "tests/simulation/postgres/postgres_model.h"

namespace tamada::simulation {

void PostgresModel::freeze() {
  if (postmaster_ != 0) frozen_ = true;
}

void PostgresModel::thaw() {
  if (!std::exchange(frozen_, false)) return;
  const std::uint64_t life = life_;
  for (const auto& event : std::exchange(pending_signals_, {})) {
    if (life == life_) as_postmaster(event);
  }
}

void PostgresModel::freeze_all() {
  frozen_all_ = true;
}

void PostgresModel::thaw_all() {
  if (!std::exchange(frozen_all_, false)) return;
  for (const auto& [life, event] : std::exchange(deferred_, {})) {
    if (life == life_) event();
  }
  pump();
}

void PostgresModel::crash_backend() {
  if (state_ == ServerState::down) return;
  as_postmaster([this] {
    if (state_ == ServerState::down) return;
    // A postmaster that is stopping does not start over.
    const bool goes_on = state_ != ServerState::stopping;
    const std::uint64_t postmaster = postmaster_;
    lose_log(directory_.written);
    go_down();
    if (!goes_on) return;
    postmaster_ = postmaster;
    state_ = ServerState::starting;
    watch_silence();
    recover();
    changed();
  });
}

void PostgresModel::kill_postmaster(Duration orphans_live) {
  if (postmaster_ == 0) return;
  if (sessions_.empty() || in_recovery_) {
    lose_log(directory_.written);
    return go_down();
  }
  postmaster_ = 0;
  frozen_ = false;
  state_ = ServerState::down;
  orphans_ = true;
  end_receiver(Parting::told);
  end_senders(Parting::told);
  later(orphans_live, [this] {
    lose_log(directory_.written);
    go_down();
  });
  changed();
}

void PostgresModel::kill_all() {
  interrupt();
  if (state_ == ServerState::down && !orphans_) return;
  lose_log(directory_.written);
  go_down();
}

void PostgresModel::lose_power() {
  if (action_) {
    if (action_->breaks) directory_.state = DirectoryState::broken;
    action_.reset();
  }
  if (directory_.state != DirectoryState::empty) {
    inserted_ = directory_.written;
    in_recovery_ = true;
    lose_log(directory_.durable);
    directory_.flushed = directory_.durable = directory_.written;
  }
  frozen_all_ = false;
  go_down(Parting::silent);
}

void PostgresModel::stall_disk(bool stalled) {
  stalled_ = stalled;
  if (stalled) return;
  for (const auto& [life, event] : std::exchange(stalled_events_, {})) {
    if (life != life_ || defer(event)) continue;
    event();
  }
}

void PostgresModel::fill_disk(bool full) {
  full_ = full;
}

void PostgresModel::lose_flushes(bool lying) {
  lying_ = lying;
}

void PostgresModel::recycle_wal() {
  if (directory_.state != DirectoryState::empty) directory_.recycled = book().lsn(directory_.flushed);
}

}  // namespace tamada::simulation
