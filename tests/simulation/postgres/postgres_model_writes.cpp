// Clients and commits: sessions, the flush, and whom a commit waits for.
#include <algorithm>
#include <utility>

#include "tests/simulation/postgres/postgres_model.h"

namespace tamada::simulation {

Greeting PostgresModel::greet() const {
  if (frozen_all_ || frozen_) return Greeting::hangs;
  switch (state_) {
    case ServerState::down:
      return Greeting::refused;
    case ServerState::starting:
      return Greeting::starting_up;
    case ServerState::stopping:
      return Greeting::shutting_down;
    case ServerState::running:
      break;
  }
  return Greeting::answers;
}

PostgresModel::SessionId PostgresModel::connect() {
  if (greet() != Greeting::answers) return 0;
  const SessionId id = cluster_.next_number();
  sessions_[id] = true;
  return id;
}

void PostgresModel::disconnect(SessionId session) {
  sessions_.erase(session);
}

std::optional<bool> PostgresModel::is_in_recovery(SessionId session) const {
  if (sessions_.count(session) == 0) return std::nullopt;
  return in_recovery_;
}

void PostgresModel::write(SessionId session, RowNumber row, WriteDone done) {
  if (frozen_all_) return deferred_.emplace_back(life_, [=, this] { write(session, row, done); }), void();
  Waiting waiting{{}, 0, row, session, std::move(done)};
  if (sessions_.count(session) == 0 || in_recovery_) return settle_write(waiting, WriteOutcome::refused);
  insert(WalRecord::Kind::row, row);
  waiting.point = inserted_;
  waiting.lsn = book().lsn(inserted_);
  waiting_.push_back(std::move(waiting));
  want_flush();
}

void PostgresModel::settle_write(Waiting& waiting, WriteOutcome outcome) {
  cluster_.scheduler().after(0s, [done = std::move(waiting.done), outcome] { done(outcome); });
}

void PostgresModel::insert(WalRecord::Kind kind, RowNumber row) {
  inserted_ = book().append(inserted_, kind, row);
}

void PostgresModel::want_flush() {
  if (std::exchange(flushing_, true)) return;
  if (!full_) directory_.written = inserted_;
  on_disk(times_.flush, [this, point = inserted_] {
    flushing_ = false;
    // The server panics when it cannot write its log.
    if (full_) return orphans_ ? kill_all() : crash_backend();
    if (book().contains(point, directory_.flushed)) set_flushed(point);
    if (inserted_ != point && !flushing_) want_flush();
  });
}

void PostgresModel::set_flushed(WalPoint point) {
  directory_.flushed = point;
  if (!lying_) directory_.durable = point;
  pump();
  release();
}

void PostgresModel::release() {
  if (waiting_.empty()) return;
  const Lsn flushed = book().lsn(directory_.flushed);
  while (!waiting_.empty() && waiting_.front().lsn <= flushed) {
    const auto cover = cover_of(waiting_.front().lsn);
    if (!cover) return;
    Waiting one = std::move(waiting_.front());
    waiting_.pop_front();
    cluster_.ledger().acknowledge({one.row, one.point, name_, book().timeline(one.point), *cover, now()});
    settle_write(one, WriteOutcome::acknowledged);
  }
}

std::vector<const PostgresModel::Sender*> PostgresModel::sync_senders() const {
  std::vector<const Sender*> found;
  if (!sync_.is_set() || in_recovery_) return found;
  const auto wanted = static_cast<std::size_t>(sync_.count);
  for (const std::string& name : sync_.names) {
    for (const Sender& one : senders_) {
      if (!one.caught_up || one.flushed == 0) continue;
      if (name != "*" && name != one.replica->name()) continue;
      if (std::find(found.begin(), found.end(), &one) == found.end()) found.push_back(&one);
    }
  }
  if (!sync_.any && found.size() > wanted) found.resize(wanted);
  return found;
}

std::optional<std::vector<std::string>> PostgresModel::cover_of(Lsn lsn) const {
  std::vector<std::string> names;
  if (!sync_.is_set()) return names;
  for (const Sender* one : sync_senders()) {
    if (one->flushed >= lsn) names.push_back(one->replica->name());
  }
  if (names.size() < static_cast<std::size_t>(sync_.count)) return std::nullopt;
  return names;
}

void PostgresModel::set_sync_names(SyncNames names) {
  sync_ = std::move(names);
  if (state_ == ServerState::down) return;
  as_postmaster([this] { release(); });
}

}  // namespace tamada::simulation
