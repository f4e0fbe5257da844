#include "agent/ha/decision_table.h"

#include <algorithm>
#include <array>

namespace tamada::ha {
namespace {

using S = const Situation&;

bool is_mine(S s) {
  return s.lock == LockStanding::mine || s.lock == LockStanding::expiring || s.lock == LockStanding::unproved;
}
bool is_foreign(S s) {
  return s.lock == LockStanding::foreign;
}
bool is_free(S s) {
  return s.lock == LockStanding::free;
}
bool has_no_usable_data(S s) {
  return s.data == DataState::absent || s.data == DataState::broken;
}
bool is_stopped(S s) {
  return s.server == ServerKind::stopped;
}
bool is_running(S s) {
  return s.server == ServerKind::primary || s.server == ServerKind::standby;
}

// The formatter would break each row over many lines.
// clang-format off
const std::array<DecisionRow, 45> rows = {{
    {RowId::fenced, "fenced", "the guard has ended the server for the lock that this node holds",
     "give the lock up", "a guard that fired is final for this lock; whoever is fit may take a new one",
     [](S s) { return s.guard_fired && is_mine(s); }},
    {RowId::writable_without_lock, "writable without the lock",
     "the server may take writes, and etcd says that the lock is not this node's",
     "end the server at once", "somebody else may be promoted at any moment",
     [](S s) { return s.may_write && !s.is_paused && !s.is_bootstrapping && (!s.is_found_primary || s.is_superseded) && !(s.waits_for_left_lock && is_foreign(s)) && (is_free(s) || is_foreign(s)); }},
    {RowId::guard_missing, "guard missing", "this node holds the lock, and its guard does not answer",
     "renew no more, stop the server without the guard, then give the lock up", "nobody would end the server if the lock ran out",
     [](S s) { return s.guard_is_missing && is_mine(s) && !s.is_paused && !s.is_bootstrapping; }},
    {RowId::lock_runs_out, "lock runs out", "the server may take writes, and the lock ends soon or has ended, since etcd does not answer",
     "stop the server, keep the lock", "it cannot know whether it still leads after that; the lock is proved anew when etcd answers",
     [](S s) { return s.may_write && !s.is_paused && !s.is_bootstrapping && !s.is_found_primary && (s.lock == LockStanding::expiring || s.lock == LockStanding::unknown); }},
    {RowId::obsolete_action, "obsolete action", "an action runs whose reason is gone",
     "cancel it", "a promotion without the lock, or a copy of a node that does not lead any more, must not go on",
     [](S s) { return s.action != ActionKind::none && s.action_is_obsolete; }},
    {RowId::action_runs, "action runs", "an action runs",
     "wait for its end", "one thing at a time on a data directory; the lock is renewed meanwhile",
     [](S s) { return s.action != ActionKind::none; }},
    {RowId::handing_over, "handing over", "this node hands over",
     "go on: wait for a candidate that has everything, release the lock; or start again as the leader", "what was acknowledged must be on the next leader",
     [](S s) { return s.is_handing_over; }},
    {RowId::giving_up, "giving up", "this node gives the lock up",
     "end the server, then release the lock", "the lock is never released while the server may write",
     [](S s) { return s.is_giving_up && is_mine(s) && !s.is_paused; }},
    {RowId::leave, "leave", "the agent is to end",
     "in pause leave everything as it is; else stop the server, hand the lock over, and end", "an orderly end leaves a leader behind",
     [](S s) { return s.is_leaving; }},
    {RowId::ill_leads, "ill leads", "this node holds the lock, and its server has been starting, stopping, hung or stalled for too long, or down on data that cannot be read, or crashes again and again under one postmaster",
     "end the server and give the lock up", "alive is not well",
     [](S s) { return s.is_overdue && is_mine(s) && !s.is_paused; }},
    {RowId::errors_leads, "errors lead", "this node holds the lock, and unexpected errors come one after the other",
     "hand over", "a node that cannot do its work must not keep others from it",
     [](S s) { return s.has_failed_often && is_mine(s) && !s.is_paused; }},
    {RowId::data_unknown, "data unknown", "the data directory cannot be looked at",
     "nothing; a lock is held only as long as the server is proved to run", "what cannot be read is not absent",
     [](S s) { return s.data == DataState::unknown; }},
    {RowId::server_unknown, "server unknown", "the server cannot be looked at",
     "nothing", "it may run and take writes",
     [](S s) { return s.server == ServerKind::unknown; }},
    {RowId::other_system_leads, "other system leads", "the data are of another system than the cluster's, and this node holds the lock",
     "stop the server and give the lock up", "these are not the cluster's data",
     [](S s) { return s.is_other_system && is_mine(s); }},
    {RowId::other_system, "other system", "the data are of another system than the cluster's",
     "nothing: no race, no copy over them", "they may be the only copy of something",
     [](S s) { return s.is_other_system; }},
    {RowId::found_primary, "found primary", "the agent came to a server that runs as a primary on the newest timeline that etcd knows, and nobody holds the lock, or nobody but who ran here before",
     "wait for the end of such a lock; take the lock if no peer is a primary", "the cluster is adopted as it runs",
     [](S s) { return s.server == ServerKind::primary && !s.is_paused &&
                           ((s.is_found_primary && !s.is_superseded && is_free(s)) || (s.waits_for_left_lock && is_foreign(s))); }},
    {RowId::paused_take_lock, "paused: take the lock", "pause, the server is a primary on the newest timeline that etcd knows, and nobody holds the lock",
     "take the lock", "an operator may have promoted it by hand",
     [](S s) { return s.is_paused && s.server == ServerKind::primary && !s.is_superseded && is_free(s); }},
    {RowId::paused_lead, "paused: lead", "pause, the server is a primary, and this node holds the lock",
     "renew it, keep /sync in step, and hand over to a node that somebody names", "pause changes nothing by itself",
     [](S s) { return s.is_paused && s.server == ServerKind::primary && is_mine(s); }},
    {RowId::paused_release, "paused: release", "pause, and this node holds the lock without a primary",
     "give the lock up", "nobody is promoted in pause, so the lock belongs to the server that is a primary",
     [](S s) { return s.is_paused && is_mine(s) && !s.may_write && !s.is_candidate &&
                           (is_stopped(s) || s.server == ServerKind::standby); }},
    {RowId::paused_wait, "paused: wait", "pause",
     "nothing but to follow the leader where the server runs", "pause changes nothing: no start, no stop, no copy, no race",
     [](S s) { return s.is_paused && !(s.is_candidate && s.server == ServerKind::standby && (is_free(s) || is_mine(s))); }},
    {RowId::prove_lock, "prove the lock", "a former run of this agent took the lock",
     "renew it, and believe it when the answer proves it", "the state file is a memory, not a proof",
     [](S s) { return s.lock == LockStanding::unproved; }},
    {RowId::finish_bootstrap, "finish bootstrap", "this node has made the cluster's first server",
     "take the lock, write the system identifier, then let clients in", "nobody writes before the lock is held",
     [](S s) { return s.is_bootstrapping; }},
    {RowId::no_data_leads, "no data leads", "this node holds the lock and has no usable data",
     "give the lock up", "somebody who has data must lead",
     [](S s) { return has_no_usable_data(s) && is_mine(s); }},
    {RowId::bootstrap, "bootstrap", "no data, no leader, no system identifier in etcd, and a bootstrap section",
     "claim the bootstrap and make the cluster", "this is a new cluster",
     [](S s) { return s.data == DataState::absent && is_free(s) && !s.has_initialize && s.may_bootstrap; }},
    {RowId::clone, "clone", "no data, and a leader that runs",
     "copy it", "a new node joins",
     [](S s) { return s.data == DataState::absent && is_foreign(s) && s.leader_is_known; }},
    {RowId::replace_broken, "replace broken data", "the control file cannot be read, a leader runs, and the settings allow a copy",
     "copy the leader, and replace the data when the copy is whole", "the data cannot be started",
     [](S s) { return s.data == DataState::broken && is_foreign(s) && s.leader_is_known && s.may_replace_data; }},
    {RowId::wait_for_data, "wait for data", "no usable data, and nothing that may be done about it",
     "nothing", "a leader to copy must come, or a person",
     [](S s) { return has_no_usable_data(s); }},
    {RowId::starting, "starting", "the server takes no connections yet, or does not answer",
     "wait", "it recovers, or its end will be seen",
     [](S s) { return s.server == ServerKind::starting || s.server == ServerKind::hung; }},
    {RowId::stopping, "stopping", "the server is stopping",
     "wait for its end", "nothing can be begun before",
     [](S s) { return s.server == ServerKind::stopping; }},
    {RowId::crashed_often, "crashed often", "this node holds the lock, and its server has crashed, or did not start, again and again",
     "give the lock up", "another node may do better",
     [](S s) { return is_stopped(s) && is_mine(s) && s.has_crashed_often; }},
    {RowId::crash_hands_over, "crash hands over", "the leader's server has crashed, primary_start_timeout is 0, and somebody could take over",
     "give the lock up", "the settings ask for a fail-over instead of a restart",
     [](S s) { return is_stopped(s) && is_mine(s) && s.hands_over_crash; }},
    {RowId::start_in_place, "start in place", "this node holds the lock, and its server ended as a primary",
     "arm the guard, start the server as the primary that it was", "nothing is lost, and no timeline begins",
     [](S s) { return is_stopped(s) && s.lock == LockStanding::mine && s.was_primary; }},
    {RowId::start_read_only, "start read-only", "this node holds the lock, and its server ended as a standby",
     "start it as a standby that follows nobody", "it is promoted when it runs",
     [](S s) { return is_stopped(s) && s.lock == LockStanding::mine; }},
    {RowId::check_histories, "check histories", "the server is down, somebody else leads, and nobody has compared their histories",
     "compare them; before it let a crashed primary recover in single-user mode", "what the leader does not have must be seen before it is followed",
     [](S s) { return is_stopped(s) && is_foreign(s) && s.leader_is_known && s.rejoin == Rejoin::unchecked; }},
    {RowId::rewind, "rewind", "this node has what the leader has not",
     "stop the server where it runs, then pg_rewind", "its own end of the history was never acknowledged by the cluster",
     [](S s) { return (is_stopped(s) || s.server == ServerKind::standby) && is_foreign(s) && s.leader_is_known && s.rejoin == Rejoin::must_rewind; }},
    {RowId::clone_diverged, "clone diverged data", "this node has what the leader has not, cannot be rewound, and the settings allow a copy",
     "stop the server where it runs, copy the leader, and replace the data when the copy is whole", "it cannot follow otherwise",
     [](S s) { return (is_stopped(s) || s.server == ServerKind::standby) && is_foreign(s) && s.leader_is_known && s.rejoin == Rejoin::must_clone; }},
    {RowId::rejoin_stuck, "rejoin stuck", "this node has what the leader has not, and nothing is allowed that would mend it",
     "nothing, and say so", "a person must decide what becomes of these data",
     [](S s) { return (is_stopped(s) || s.server == ServerKind::standby) && is_foreign(s) && s.rejoin == Rejoin::stuck; }},
    {RowId::start_following, "start following", "the server is down, and its history fits the leader's",
     "start it as a standby of the leader", "a node that can follow should",
     [](S s) { return is_stopped(s) && is_foreign(s) && s.rejoin == Rejoin::fits; }},
    {RowId::stand_back, "stand back", "this node has handed over, and the new leader has not come yet",
     "wait", "it must not take back what it gave",
     [](S s) { return is_stopped(s) && is_free(s) && s.stands_back; }},
    {RowId::start_alone, "start alone", "the server is down, and no leader is known that could be compared with",
     "start it as a standby that follows nobody", "its data can be asked for their position, and nobody writes there",
     [](S s) { return is_stopped(s) && s.has_seen_store && !is_mine(s) && !(is_foreign(s) && (s.leader_is_known || s.was_primary)); }},
    {RowId::race, "race", "the server is a standby, and nobody holds the lock",
     "ask the peers, stop the WAL receiver, compare positions, and take the lock if nobody is ahead", "the cluster needs a leader that has the most",
     [](S s) { return s.server == ServerKind::standby && is_free(s); }},
    {RowId::promote, "promote", "the server is a standby, and this node holds the lock",
     "arm the guard, enter itself into /sync, promote", "the lock holder leads",
     [](S s) { return s.server == ServerKind::standby && s.lock == LockStanding::mine; }},
    {RowId::lead, "lead", "the server is a primary, and this node holds the lock",
     "renew the lock, keep /sync and the synchronous standbys in step, look at /failover", "this is the ordinary life of a leader",
     [](S s) { return is_running(s) && s.lock == LockStanding::mine; }},
    {RowId::follow, "follow", "the server is a standby, and somebody else holds the lock",
     "follow it", "this is the ordinary life of a replica",
     [](S s) { return s.server == ServerKind::standby && is_foreign(s); }},
    {RowId::wait, "wait", "anything else",
     "nothing", "where it cannot know, it does not promote and does not destroy",
     [](S) { return true; }},
}};
// clang-format on

}  // namespace

std::span<const DecisionRow> decision_table() {
  return rows;
}

const DecisionRow& decide(const Situation& situation) {
  return *std::find_if(rows.begin(), rows.end(),
                       [&](const DecisionRow& row) { return row.holds(situation); });
}

std::string_view name_of(RowId id) {
  return std::find_if(rows.begin(), rows.end(), [&](const DecisionRow& row) { return row.id == id; })->name;
}

}  // namespace tamada::ha
