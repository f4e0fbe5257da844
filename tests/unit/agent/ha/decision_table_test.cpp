// Each row of the decision table, reached by the smallest change from the ordinary life of a replica or a leader.
#include "agent/ha/decision_table.h"

#include <catch2/catch.hpp>

#include <set>

namespace tamada::ha {
namespace {

Situation replica() {
  Situation s;
  s.lock = LockStanding::foreign;
  s.has_seen_store = true;
  s.leader_is_known = true;
  s.data = DataState::present;
  s.server = ServerKind::standby;
  s.has_initialize = true;
  s.may_bootstrap = true;
  s.rejoin = Rejoin::fits;
  return s;
}

Situation leader() {
  Situation s = replica();
  s.lock = LockStanding::mine;
  s.leader_is_known = false;
  s.server = ServerKind::primary;
  s.may_write = true;
  return s;
}

// Down, with somebody else leading.
Situation down() {
  Situation s = replica();
  s.server = ServerKind::stopped;
  return s;
}

Situation crashed_leader() {
  Situation s = leader();
  s.server = ServerKind::stopped;
  s.may_write = false;
  s.was_primary = true;
  return s;
}

Situation with(Situation s, void (*change)(Situation&)) {
  change(s);
  return s;
}

struct Case {
  RowId row;
  Situation situation;
};

std::vector<Case> cases() {
  using S = Situation&;
  return {
      {RowId::follow, replica()},
      {RowId::lead, leader()},
      {RowId::fenced, with(leader(), [](S s) { s.guard_fired = true; })},
      {RowId::writable_without_lock, with(leader(), [](S s) { s.lock = LockStanding::free; })},
      {RowId::writable_without_lock, with(leader(), [](S s) { s.lock = LockStanding::foreign; })},
      {RowId::writable_without_lock, with(leader(),
                                          [](S s) {
                                            s.lock = LockStanding::foreign;
                                            s.action =
                                                ActionKind::promote;  // also while it is being promoted
                                          })},
      {RowId::guard_missing, with(leader(), [](S s) { s.guard_is_missing = true; })},
      {RowId::guard_missing, with(leader(),
                                  [](S s) {
                                    s.guard_is_missing = true;
                                    s.lock = LockStanding::expiring;
                                    s.action = ActionKind::stop_fast;
                                  })},
      {RowId::paused_lead, with(leader(), [](S s) { s.guard_is_missing = s.is_paused = true; })},
      {RowId::follow, with(replica(), [](S s) { s.guard_is_missing = true; })},
      {RowId::lock_runs_out, with(leader(), [](S s) { s.lock = LockStanding::expiring; })},
      {RowId::obsolete_action, with(replica(),
                                    [](S s) {
                                      s.action = ActionKind::clone;
                                      s.action_is_obsolete = true;
                                    })},
      {RowId::action_runs, with(leader(), [](S s) { s.action = ActionKind::restart; })},
      {RowId::handing_over, with(leader(), [](S s) { s.is_handing_over = true; })},
      {RowId::giving_up, with(leader(), [](S s) { s.is_giving_up = true; })},
      {RowId::lock_runs_out, with(leader(), [](S s) { s.lock = LockStanding::unknown; })},
      {RowId::leave, with(leader(), [](S s) { s.is_leaving = true; })},
      {RowId::leave, with(replica(), [](S s) { s.is_leaving = s.is_paused = true; })},
      {RowId::ill_leads, with(leader(), [](S s) { s.is_overdue = true; })},
      {RowId::errors_leads, with(leader(), [](S s) { s.has_failed_often = true; })},
      {RowId::data_unknown, with(replica(), [](S s) { s.data = DataState::unknown; })},
      {RowId::server_unknown, with(replica(), [](S s) { s.server = ServerKind::unknown; })},
      {RowId::other_system_leads, with(leader(), [](S s) { s.is_other_system = true; })},
      {RowId::other_system, with(replica(), [](S s) { s.is_other_system = true; })},
      {RowId::found_primary, with(leader(),
                                  [](S s) {
                                    s.lock = LockStanding::free;
                                    s.is_found_primary = true;
                                  })},
      {RowId::found_primary, with(leader(),
                                  [](S s) {
                                    s.lock = LockStanding::foreign;
                                    s.waits_for_left_lock = true;
                                  })},
      {RowId::lock_runs_out, with(leader(),
                                  [](S s) {
                                    s.lock = LockStanding::unknown;
                                    s.waits_for_left_lock = true;
                                  })},
      {RowId::paused_take_lock, with(leader(),
                                     [](S s) {
                                       s.lock = LockStanding::free;
                                       s.is_paused = true;
                                     })},
      {RowId::paused_lead, with(leader(), [](S s) { s.is_paused = true; })},
      {RowId::paused_release, with(leader(),
                                   [](S s) {
                                     s.is_paused = true;
                                     s.may_write = false;
                                     s.server = ServerKind::stopped;
                                   })},
      {RowId::paused_wait, with(replica(),
                                [](S s) {
                                  s.is_paused = true;
                                  s.lock = LockStanding::free;
                                })},
      {RowId::paused_wait, with(down(), [](S s) { s.is_paused = true; })},
      {RowId::prove_lock, with(leader(), [](S s) { s.lock = LockStanding::unproved; })},
      {RowId::finish_bootstrap, with(leader(),
                                     [](S s) {
                                       s.lock = LockStanding::free;
                                       s.is_bootstrapping = true;
                                     })},
      {RowId::no_data_leads, with(crashed_leader(), [](S s) { s.data = DataState::absent; })},
      {RowId::no_data_leads, with(crashed_leader(), [](S s) { s.data = DataState::broken; })},
      {RowId::bootstrap, with(down(),
                              [](S s) {
                                s.lock = LockStanding::free;
                                s.data = DataState::absent;
                                s.has_initialize = false;
                              })},
      {RowId::wait_for_data, with(down(),
                                  [](S s) {
                                    s.lock = LockStanding::free;
                                    s.data = DataState::absent;  // /initialize says that there is a cluster
                                  })},
      {RowId::clone, with(down(), [](S s) { s.data = DataState::absent; })},
      {RowId::replace_broken, with(down(),
                                   [](S s) {
                                     s.data = DataState::broken;
                                     s.may_replace_data = true;
                                   })},
      {RowId::wait_for_data, with(down(), [](S s) { s.data = DataState::broken; })},
      {RowId::starting, with(replica(), [](S s) { s.server = ServerKind::starting; })},
      {RowId::starting, with(leader(), [](S s) { s.server = ServerKind::hung; })},
      {RowId::stopping, with(replica(), [](S s) { s.server = ServerKind::stopping; })},
      {RowId::crashed_often, with(crashed_leader(), [](S s) { s.has_crashed_often = true; })},
      {RowId::crash_hands_over, with(crashed_leader(), [](S s) { s.hands_over_crash = true; })},
      {RowId::start_in_place, crashed_leader()},
      {RowId::start_read_only, with(crashed_leader(), [](S s) { s.was_primary = false; })},
      {RowId::check_histories, with(down(), [](S s) { s.rejoin = Rejoin::unchecked; })},
      {RowId::rewind, with(down(), [](S s) { s.rejoin = Rejoin::must_rewind; })},
      {RowId::rewind, with(replica(), [](S s) { s.rejoin = Rejoin::must_rewind; })},
      {RowId::clone_diverged, with(down(), [](S s) { s.rejoin = Rejoin::must_clone; })},
      {RowId::rejoin_stuck, with(down(), [](S s) { s.rejoin = Rejoin::stuck; })},
      {RowId::start_following, down()},
      {RowId::stand_back, with(down(),
                               [](S s) {
                                 s.lock = LockStanding::free;
                                 s.stands_back = true;
                               })},
      {RowId::start_alone, with(down(), [](S s) { s.lock = LockStanding::free; })},
      {RowId::start_alone, with(down(), [](S s) { s.lock = LockStanding::unknown; })},
      {RowId::race, with(replica(), [](S s) { s.lock = LockStanding::free; })},
      {RowId::promote, with(replica(), [](S s) { s.lock = LockStanding::mine; })},
      {RowId::wait, with(replica(), [](S s) { s.lock = LockStanding::unknown; })},
      {RowId::wait, with(down(), [](S s) { s.lock = LockStanding::expiring; })},
  };
}

// What holds of a row but for one thing, so that a row further down decides.
std::vector<Case> near_misses() {
  using S = Situation&;
  return {
      // found primary
      {RowId::writable_without_lock, with(leader(),
                                          [](S s) {
                                            s.lock = LockStanding::free;
                                            s.is_found_primary = s.is_superseded = true;
                                          })},
      {RowId::paused_wait, with(leader(),
                                [](S s) {
                                  s.lock = LockStanding::free;
                                  s.is_paused = s.is_superseded = true;
                                })},
      {RowId::race, with(replica(),
                         [](S s) {
                           s.lock = LockStanding::free;
                           s.is_found_primary = true;
                         })},
      {RowId::paused_take_lock, with(leader(),
                                     [](S s) {
                                       s.lock = LockStanding::free;
                                       s.is_found_primary = s.is_paused = true;
                                     })},
      {RowId::finish_bootstrap, with(leader(),
                                     [](S s) {
                                       s.lock = LockStanding::foreign;
                                       s.is_bootstrapping = true;
                                     })},
      // paused: release, paused: wait
      {RowId::paused_release, with(replica(),
                                   [](S s) {
                                     s.lock = LockStanding::mine;
                                     s.is_paused = true;
                                   })},
      {RowId::race, with(replica(),
                         [](S s) {
                           s.lock = LockStanding::free;
                           s.is_paused = s.is_candidate = true;
                         })},
      {RowId::promote, with(replica(),
                            [](S s) {
                              s.lock = LockStanding::mine;
                              s.is_paused = s.is_candidate = true;
                            })},
      {RowId::paused_wait, with(down(),
                                [](S s) {
                                  s.lock = LockStanding::free;
                                  s.is_paused = s.is_candidate = true;
                                })},
      // crashed often, crash hands over
      {RowId::promote, with(replica(),
                            [](S s) {
                              s.lock = LockStanding::mine;
                              s.has_crashed_often = s.hands_over_crash = true;
                            })},
      {RowId::start_alone, with(down(),
                                [](S s) {
                                  s.lock = LockStanding::free;
                                  s.has_crashed_often = s.hands_over_crash = true;
                                })},
      // start in place
      {RowId::start_following, with(down(), [](S s) { s.was_primary = true; })},
      // check histories
      {RowId::follow, with(replica(), [](S s) { s.rejoin = Rejoin::unchecked; })},
      {RowId::start_alone, with(down(),
                                [](S s) {
                                  s.rejoin = Rejoin::unchecked;
                                  s.leader_is_known = false;
                                })},
      {RowId::wait, with(down(),
                         [](S s) {
                           s.rejoin = Rejoin::unchecked;
                           s.leader_is_known = false;
                           s.was_primary = true;
                         })},
      // rewind, clone diverged data, rejoin stuck
      {RowId::promote, with(replica(),
                            [](S s) {
                              s.lock = LockStanding::mine;
                              s.rejoin = Rejoin::must_rewind;
                            })},
      {RowId::promote, with(replica(),
                            [](S s) {
                              s.lock = LockStanding::mine;
                              s.rejoin = Rejoin::must_clone;
                            })},
      {RowId::promote, with(replica(),
                            [](S s) {
                              s.lock = LockStanding::mine;
                              s.rejoin = Rejoin::stuck;
                            })},
      {RowId::clone_diverged, with(replica(), [](S s) { s.rejoin = Rejoin::must_clone; })},
      {RowId::rejoin_stuck, with(replica(), [](S s) { s.rejoin = Rejoin::stuck; })},
      {RowId::follow, with(replica(),
                           [](S s) {
                             s.rejoin = Rejoin::must_rewind;
                             s.leader_is_known = false;
                           })},
      // stand back
      {RowId::race, with(replica(),
                         [](S s) {
                           s.lock = LockStanding::free;
                           s.stands_back = true;
                         })},
      {RowId::start_following, with(down(), [](S s) { s.stands_back = true; })},
  };
}

}  // namespace

TEST_CASE("each situation is decided by its row", "[decision]") {
  for (const Case& one : cases()) {
    INFO("expected: " << name_of(one.row));
    CHECK(name_of(decide(one.situation).id) == name_of(one.row));
  }
}

TEST_CASE("a situation that misses a row by one thing is decided by another", "[decision]") {
  for (const Case& one : near_misses()) {
    INFO("expected: " << name_of(one.row));
    CHECK(name_of(decide(one.situation).id) == name_of(one.row));
  }
}

TEST_CASE("a row is told by its name", "[decision]") {
  CHECK(name_of(RowId::fenced) == "fenced");
  CHECK(name_of(RowId::paused_take_lock) == "paused: take the lock");
  CHECK(name_of(RowId::wait) == "wait");
}

TEST_CASE("every row is reached by a case, and stands once in the table", "[decision]") {
  std::set<RowId> reached;
  for (const Case& one : cases()) reached.insert(one.row);
  std::set<RowId> rows;
  for (const DecisionRow& row : decision_table()) {
    INFO(row.name);
    CHECK(reached.contains(row.id));
    CHECK(rows.insert(row.id).second);
    CHECK_FALSE(row.why.empty());
  }
}

TEST_CASE("nothing is started, raced for or destroyed where it cannot know", "[decision]") {
  const auto is_harmless = [](RowId row) {
    return row == RowId::wait || row == RowId::data_unknown || row == RowId::server_unknown ||
           row == RowId::starting || row == RowId::stopping || row == RowId::wait_for_data ||
           row == RowId::start_alone;
  };
  for (const DataState data :
       {DataState::unknown, DataState::absent, DataState::broken, DataState::present}) {
    for (const ServerKind server : {ServerKind::unknown, ServerKind::stopped, ServerKind::starting,
                                    ServerKind::standby, ServerKind::stopping, ServerKind::hung}) {
      Situation s = replica();
      s.lock = LockStanding::unknown;  // etcd does not answer, and no lock is held
      s.data = data;
      s.server = server;
      INFO(name_of(decide(s).id));
      CHECK(is_harmless(decide(s).id));
    }
  }
}

}  // namespace tamada::ha
