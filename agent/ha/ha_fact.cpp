#include "agent/ha/ha_fact.h"

namespace tamada::ha {

std::string_view name_of(HaFactKind kind) {
  switch (kind) {
    case HaFactKind::row_changed:
      return "ha.decided";
    case HaFactKind::lock_taken:
      return "lock.taken";
    case HaFactKind::lock_lost:
      return "lock.lost";
    case HaFactKind::lock_given_up:
      return "lock.given-up";
    case HaFactKind::lock_not_renewed:
      return "lock.not-renewed";
    case HaFactKind::guard_fired:
      return "guard.fired";
    case HaFactKind::guard_missing:
      return "guard.missing";
    case HaFactKind::race_begun:
      return "race.begun";
    case HaFactKind::race_vetoed:
      return "race.vetoed";
    case HaFactKind::race_lost:
      return "race.lost";
    case HaFactKind::promoted:
      return "server.promoted";
    case HaFactKind::promotion_failed:
      return "server.promotion-failed";
    case HaFactKind::demoted:
      return "server.demoted";
    case HaFactKind::crashed:
      return "server.crashed";
    case HaFactKind::action_begun:
      return "action.begun";
    case HaFactKind::action_ended:
      return "action.ended";
    case HaFactKind::switchover_begun:
      return "switchover.begun";
    case HaFactKind::switchover_called_off:
      return "switchover.called-off";
    case HaFactKind::sync_changed:
      return "sync.changed";
    case HaFactKind::commits_wait:
      return "sync.commits-wait";
    case HaFactKind::settings_refused:
      return "settings.refused";
    case HaFactKind::rejoin_failed:
      return "rejoin.failed";
    case HaFactKind::initialized:
      return "cluster.initialized";
    case HaFactKind::unexpected_error:
      return "ha.unexpected-error";
  }
  return "?";
}

}  // namespace tamada::ha
