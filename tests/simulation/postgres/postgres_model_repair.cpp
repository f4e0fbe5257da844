// What works on the directory of a server that is down: initdb, single-user recovery, rewind, clone.
#include <algorithm>
#include <utility>

#include "tests/simulation/postgres/postgres_model.h"

namespace tamada::simulation {

PostgresFault PostgresModel::why_not_begin() const {
  if (action_) return PostgresFault::busy;
  if (orphans_) return PostgresFault::orphans_in_the_way;
  if (state_ != ServerState::down) return PostgresFault::already_running;
  return PostgresFault::none;
}

void PostgresModel::tell(ActionDone done, PostgresFault fault) {
  cluster_.scheduler().after(0s, [done = std::move(done), fault] { done(fault); });
}

void PostgresModel::begin(Duration length, bool breaks, std::function<PostgresFault()> end, ActionDone done) {
  action_ = Action{cluster_.next_number(), breaks, std::move(done)};
  on_disk(length, [this, number = action_->number, end = std::move(end)] {
    if (!action_ || action_->number != number) return;
    const PostgresFault fault = full_ ? PostgresFault::disk_full : end();
    if (fault != PostgresFault::none && action_->breaks) directory_.state = DirectoryState::broken;
    ActionDone told = std::move(action_->done);
    action_.reset();
    tell(std::move(told), fault);
    changed();
  });
}

void PostgresModel::interrupt() {
  if (!action_) return;
  if (action_->breaks) directory_.state = DirectoryState::broken;
  ActionDone told = std::move(action_->done);
  action_.reset();
  tell(std::move(told), PostgresFault::interrupted);
  changed();
}

void PostgresModel::remove_directory() {
  if (why_not_begin() == PostgresFault::none) directory_ = {};
}

void PostgresModel::initdb(std::uint64_t system_id, ActionDone done) {
  if (const PostgresFault fault = why_not_begin(); fault != PostgresFault::none) {
    return tell(std::move(done), fault);
  }
  if (directory_.state != DirectoryState::empty) return tell(std::move(done), PostgresFault::not_needed);
  begin(
      times_.initdb, false,
      [this, system_id] {
        directory_ = {};
        directory_.state = DirectoryState::whole;
        directory_.system_id = system_id;
        const WalPoint first = book().begin();
        settle_log(first);
        directory_.durable = directory_.consistent = directory_.checkpoint = first;
        return PostgresFault::none;
      },
      std::move(done));
}

void PostgresModel::recover_single_user(ActionDone done) {
  PostgresFault fault = why_not_begin();
  if (fault == PostgresFault::none && directory_.state == DirectoryState::empty)
    fault = PostgresFault::no_directory;
  if (fault == PostgresFault::none && directory_.state == DirectoryState::broken) {
    fault = PostgresFault::directory_broken;
  }
  if (fault != PostgresFault::none) return tell(std::move(done), fault);
  begin(
      times_.recovery, false,
      [this] {
        if (!book().contains(directory_.written, directory_.consistent)) return PostgresFault::not_consistent;
        inserted_ = directory_.written;
        insert(WalRecord::Kind::shutdown_checkpoint);
        settle_log(inserted_);
        directory_.checkpoint = inserted_;
        directory_.control = ControlState::shut_down;
        return PostgresFault::none;
      },
      std::move(done));
}

const PostgresModel* PostgresModel::reachable_source(const std::string& source) const {
  const PostgresModel* found = cluster_.find(source);
  if (found == nullptr || found == this || found->greet() != Greeting::answers) return nullptr;
  const bool both_ways = cluster_.travel(name_, source) && cluster_.travel(source, name_);
  return both_ways ? found : nullptr;
}

PostgresFault PostgresModel::why_not_rewind(const PostgresModel& source) const {
  if (directory_.system_id != source.directory_.system_id) return PostgresFault::other_cluster;
  const bool shut_down = directory_.control == ControlState::shut_down ||
                         directory_.control == ControlState::shut_down_in_recovery;
  if (!shut_down) return PostgresFault::not_shut_down;
  // It compares the timelines that the control files tell, and looks no further where they are the same.
  if (book().timeline(directory_.checkpoint) == book().timeline(source.directory_.checkpoint)) {
    return PostgresFault::not_needed;
  }
  const auto common = book().common(source.directory_.flushed, directory_.written);
  if (!common) return PostgresFault::other_cluster;
  if (*common == directory_.written) return PostgresFault::not_needed;
  if (book().lsn(*common) < directory_.recycled) return PostgresFault::wal_gone;
  return PostgresFault::none;
}

void PostgresModel::rewind(const std::string& source, ActionDone done) {
  PostgresFault fault = why_not_begin();
  if (fault == PostgresFault::none && directory_.state == DirectoryState::empty)
    fault = PostgresFault::no_directory;
  if (fault == PostgresFault::none && directory_.state == DirectoryState::broken) {
    fault = PostgresFault::directory_broken;
  }
  if (fault != PostgresFault::none) return tell(std::move(done), fault);
  const PostgresModel* from = reachable_source(source);
  if (from == nullptr) return tell(std::move(done), PostgresFault::source_unreachable);
  if (fault = why_not_rewind(*from); fault != PostgresFault::none) return tell(std::move(done), fault);
  begin(
      times_.rewind, true,
      [this, from, source, postmaster = from->postmaster_] {
        if (reachable_source(source) != from || from->postmaster_ != postmaster) {
          return PostgresFault::source_lost;
        }
        const Directory& theirs = from->directory_;
        const WalPoint common = *book().common(theirs.flushed, directory_.written);
        settle_log(common);
        directory_.durable = directory_.flushed;
        directory_.consistent = theirs.flushed;
        directory_.checkpoint = theirs.checkpoint;
        directory_.control = ControlState::in_recovery;
        directory_.newest_timeline = std::max(directory_.newest_timeline, theirs.newest_timeline);
        return PostgresFault::none;
      },
      std::move(done));
}

void PostgresModel::clone(const std::string& source, ActionDone done) {
  if (const PostgresFault fault = why_not_begin(); fault != PostgresFault::none) {
    return tell(std::move(done), fault);
  }
  const PostgresModel* from = reachable_source(source);
  if (from == nullptr) return tell(std::move(done), PostgresFault::source_unreachable);
  begin(
      times_.clone, false,
      [this, from, source, postmaster = from->postmaster_] {
        if (reachable_source(source) != from || from->postmaster_ != postmaster) {
          return PostgresFault::source_lost;
        }
        const Directory& theirs = from->directory_;
        directory_ = {};
        directory_.state = DirectoryState::whole;
        directory_.system_id = theirs.system_id;
        directory_.durable = theirs.flushed;
        settle_log(theirs.flushed);
        directory_.consistent = theirs.flushed;
        directory_.checkpoint = theirs.checkpoint;
        directory_.control = ControlState::in_recovery;
        directory_.newest_timeline = theirs.newest_timeline;
        directory_.recycled = book().lsn(theirs.flushed);
        return PostgresFault::none;
      },
      std::move(done));
}

}  // namespace tamada::simulation
