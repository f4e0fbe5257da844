// The life of a server: start, recovery, promotion and stop.
#include "tests/simulation/postgres/postgres_model.h"

#include <algorithm>
#include <utility>

namespace tamada::simulation {

PostgresModel::PostgresModel(PostgresCluster& cluster, std::string name)
    : cluster_(cluster), name_(std::move(name)) {}

// --- events of its processes

EventId PostgresModel::later(Duration delay, std::function<void()> event) {
  return cluster_.scheduler().after(delay, [this, life = life_, event = std::move(event)] {
    if (life != life_ || defer(event)) return;
    event();
  });
}

bool PostgresModel::defer(std::function<void()> event) {
  if (frozen_all_) deferred_.emplace_back(life_, std::move(event));
  return frozen_all_;
}

void PostgresModel::as_postmaster(std::function<void()> event) {
  if (defer(event)) return;
  if (frozen_) return pending_signals_.push_back(std::move(event));
  event();
}

void PostgresModel::on_disk(Duration delay, std::function<void()> event) {
  later(delay, [this, event = std::move(event)] {
    if (stalled_) return stalled_events_.emplace_back(life_, event), void();
    event();
  });
}

void PostgresModel::new_life() {
  ++life_;
  deferred_.clear();
  stalled_events_.clear();
  pending_signals_.clear();
  flushing_ = false;
  reply_waits_ = false;
  frozen_ = false;
}

void PostgresModel::changed() {
  if (on_change_) on_change_();
}

// --- start and recovery

PostgresFault PostgresModel::start(StartRole role) {
  if (orphans_) return PostgresFault::orphans_in_the_way;
  if (state_ != ServerState::down) return PostgresFault::already_running;
  if (action_) return PostgresFault::busy;
  if (directory_.state == DirectoryState::empty) return PostgresFault::no_directory;
  if (directory_.state == DirectoryState::broken) return PostgresFault::directory_broken;
  if (full_) return PostgresFault::disk_full;
  new_life();
  postmaster_ = cluster_.next_number();
  state_ = ServerState::starting;
  role_ = role;
  in_recovery_ = true;
  promoting_ = false;
  shut_down_written_ = false;
  // How much of the log is replayed again does not show: nobody can log in meanwhile.
  replayed_ = directory_.written;
  watch_silence();
  later(times_.start, [this] { recover(); });
  changed();
  return PostgresFault::none;
}

void PostgresModel::recover() {
  const bool clean = directory_.control == ControlState::shut_down ||
                     directory_.control == ControlState::shut_down_in_recovery;
  on_disk(clean ? 0s : times_.recovery, [this] {
    if (full_) return go_down();
    settle_log(directory_.written);
    replayed_ = directory_.written;
    if (role_ == StartRole::primary) return open_primary();
    directory_.control = ControlState::in_recovery;
    open_standby();
    want_receiver(0s);
  });
}

void PostgresModel::open_primary() {
  // "WAL ends before consistent recovery point"
  if (!is_consistent()) return go_down();
  insert(WalRecord::Kind::checkpoint);
  settle_log(inserted_);
  directory_.checkpoint = inserted_;
  directory_.control = ControlState::in_production;
  in_recovery_ = false;
  state_ = ServerState::running;
  changed();
}

void PostgresModel::open_standby() {
  if (state_ != ServerState::starting || role_ != StartRole::standby || !is_consistent()) return;
  state_ = ServerState::running;
  changed();
}

bool PostgresModel::is_consistent() const {
  return book().contains(replayed_, directory_.consistent);
}

// --- promotion

PostgresFault PostgresModel::promote() {
  if (state_ == ServerState::down || state_ == ServerState::stopping || !in_recovery_ ||
      role_ != StartRole::standby) {
    return PostgresFault::not_in_recovery;
  }
  if (state_ == ServerState::starting) return PostgresFault::not_consistent;
  if (promoting_) return PostgresFault::none;
  as_postmaster([this] {
    if (state_ != ServerState::running || !in_recovery_) return;
    promoting_ = true;
    end_receiver(Parting::told);
    on_disk(times_.promotion, [this] { become_primary(); });
    changed();
  });
  return PostgresFault::none;
}

void PostgresModel::become_primary() {
  if (state_ != ServerState::running) return;
  if (full_) return go_down();
  promoting_ = false;
  role_ = StartRole::primary;
  in_recovery_ = false;
  ++directory_.newest_timeline;
  inserted_ = book().promote(directory_.written, directory_.newest_timeline);
  settle_log(inserted_);
  replayed_ = inserted_;
  directory_.control = ControlState::in_production;
  pump();
  on_disk(times_.checkpoint, [this] { checkpoint(); });
  changed();
}

void PostgresModel::checkpoint() {
  if (state_ != ServerState::running) return;
  insert(WalRecord::Kind::checkpoint);
  directory_.checkpoint = inserted_;
  want_flush();
}

// --- stop

void PostgresModel::stop(StopMode mode) {
  if (state_ == ServerState::down) return;
  as_postmaster([this, mode] {
    if (mode == StopMode::fast) return stop_fast();
    lose_log(directory_.written);
    go_down();
  });
}

void PostgresModel::stop_fast() {
  if (state_ == ServerState::stopping || state_ == ServerState::down) return;
  const bool was_open = state_ == ServerState::running;
  state_ = ServerState::stopping;
  changed();
  later(times_.stop, [this, was_open] {
    end_sessions(Parting::told);
    if (was_open && !in_recovery_) return on_disk(times_.checkpoint, [this] { write_shutdown_checkpoint(); });
    on_disk(0s, [this] {
      settle_log(directory_.written);
      if (role_ == StartRole::standby) directory_.control = ControlState::shut_down_in_recovery;
      go_down();
    });
  });
}

void PostgresModel::write_shutdown_checkpoint() {
  if (full_) {
    lose_log(directory_.written);
    return go_down();
  }
  insert(WalRecord::Kind::shutdown_checkpoint);
  settle_log(inserted_);
  directory_.checkpoint = inserted_;
  directory_.control = ControlState::shut_down;
  shut_down_written_ = true;
  pump();
  changed();
  finish_stop();
}

void PostgresModel::finish_stop() {
  if (state_ != ServerState::stopping || !shut_down_written_) return;
  const Lsn end = book().lsn(directory_.flushed);
  if (std::all_of(senders_.begin(), senders_.end(), [&](const Sender& one) { return one.flushed >= end; })) {
    go_down();
  }
}

void PostgresModel::go_down(Parting parting) {
  end_receiver(parting);
  end_senders(parting);
  end_sessions(parting);
  new_life();
  state_ = ServerState::down;
  postmaster_ = 0;
  promoting_ = false;
  in_recovery_ = true;
  orphans_ = false;
  changed();
}

void PostgresModel::end_sessions(Parting parting) {
  for (Waiting& one : std::exchange(waiting_, {})) {
    if (parting == Parting::told) settle_write(one, WriteOutcome::unknown);
  }
  sessions_.clear();
}

// --- what is left of the log

// Of what lies between `least` and the end, a part is there at chance.
void PostgresModel::lose_log(WalPoint least) {
  if (in_recovery_) inserted_ = directory_.written;
  const auto from = static_cast<std::int64_t>(book().lsn(least));
  const auto to = static_cast<std::int64_t>(book().lsn(inserted_));
  if (from < to) {
    const bool all = cluster_.random().chance(1, 4);
    const auto end = static_cast<Lsn>(all ? to : cluster_.random().between(from, to));
    const WalPoint kept = book().at(inserted_, end);
    least = book().contains(kept, least) ? kept : least;
  }
  directory_.written = inserted_ = least;
  if (!book().contains(directory_.written, directory_.flushed)) directory_.flushed = directory_.written;
  if (!book().contains(directory_.written, directory_.durable)) directory_.durable = directory_.written;
}

// Everything up to `end` is written and flushed.
void PostgresModel::settle_log(WalPoint end) {
  inserted_ = end;
  directory_.written = end;
  directory_.flushed = end;
  if (!lying_) directory_.durable = end;
}

// --- what is so

PostgresStatus PostgresModel::status() const {
  PostgresStatus status;
  status.state = state_;
  status.in_recovery = in_recovery_;
  status.promoting = promoting_;
  status.postmaster = postmaster_;
  status.receiver_runs = receiver_.number != 0;
  status.upstream = upstream_;
  status.sync = sync_;
  if (state_ == ServerState::down) return status;
  status.timeline = book().timeline(in_recovery_ ? replayed_ : inserted_);
  status.inserted = in_recovery_ ? 0 : book().lsn(inserted_);
  status.received = in_recovery_ ? book().lsn(directory_.written) : 0;
  status.flushed = book().lsn(directory_.flushed);
  status.replayed = book().lsn(replayed_);
  const std::vector<const Sender*> sync = sync_senders();
  for (const Sender& one : senders_) {
    status.senders.push_back({one.replica->name(), book().lsn(one.sent), one.flushed, one.replayed,
                              std::find(sync.begin(), sync.end(), &one) != sync.end()});
  }
  return status;
}

std::optional<ControlData> PostgresModel::control() const {
  if (directory_.state != DirectoryState::whole) return std::nullopt;
  return ControlData{directory_.system_id, directory_.control, book().lsn(directory_.checkpoint),
                     book().timeline(directory_.checkpoint)};
}

std::vector<TimelineSwitch> PostgresModel::history() const {
  if (directory_.state == DirectoryState::empty) return {};
  return book().history(directory_.written);
}

bool PostgresModel::is_writable() const {
  if (in_recovery_) return false;
  if (orphans_ || state_ == ServerState::running) return true;
  return state_ == ServerState::stopping && !sessions_.empty();
}

bool PostgresModel::needs_rewind(const PostgresModel& source) const {
  return !book().contains(source.log(), log());
}

}  // namespace tamada::simulation
