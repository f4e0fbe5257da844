#include "agent/control/state/cycle_words.h"

#include <fmt/format.h>

namespace tamada::agent {
namespace {

std::string words_of_row(const Cycle& cycle) {
  using ha::RowId;
  switch (cycle.row) {
    case RowId::lead:
    case RowId::paused_lead:
      return fmt::format("no action. I am ({}), the leader with the lock", cycle.name);
    case RowId::follow:
    case RowId::paused_wait:
      if (cycle.is_locked_by_hand) {
        return fmt::format(
            "waiting for a person: the leader key (\"{}\") has no lease, and nobody leads while it is there",
            cycle.leader);
      }
      if (cycle.leader.empty()) break;
      if (cycle.leader == cycle.name) {
        return "waiting for the end of a lock that has my name and is not mine: an earlier run's, or a "
               "stranger's";
      }
      return fmt::format("no action. I am ({}), a secondary, and following a leader ({})", cycle.name,
                         cycle.leader);
    case RowId::action_runs: {
      const std::string action = action_words(cycle.action, cycle.action_from, cycle.leader);
      return cycle.holds_lock ? "updated leader lock during " + action : action + " in progress";
    }
    case RowId::writable_without_lock:
    case RowId::lock_runs_out:
    case RowId::start_in_place:
    case RowId::start_read_only:
    case RowId::promote:
    case RowId::wait:
      // They are Patroni's, or say everything.
      if (!cycle.reason.empty()) return cycle.reason;
      break;
    default:
      break;
  }
  const std::string name(ha::name_of(cycle.row));
  const bool says_more = !cycle.reason.empty() && cycle.reason != name;
  return says_more ? fmt::format("{}: {}", name, cycle.reason) : name;
}

}  // namespace

std::string action_words(ha::ActionKind action, const std::string& from, const std::string& leader) {
  using ha::ActionKind;
  switch (action) {
    case ActionKind::none:
      return "nothing";
    case ActionKind::bootstrap:
      return "bootstrap";
    case ActionKind::clone:
      return from == leader ? fmt::format("bootstrap from leader '{}'", from)
                            : fmt::format("bootstrap from replica '{}'", from);
    case ActionKind::start_primary:
      return "starting primary after failure";
    case ActionKind::start_standby:
      return "starting as a secondary";
    case ActionKind::promote:
      return "promote";
    case ActionKind::stop_fast:
      return "demote";
    case ActionKind::stop_immediate:
      return "immediate demote";
    case ActionKind::restart:
      return "restart";
    case ActionKind::check_divergence:
      return "comparing histories";
    case ActionKind::rewind:
      return fmt::format("running pg_rewind from {}", from);
    case ActionKind::set_aside:
      return "setting the data directory aside";
    case ActionKind::recover_alone:
      return "doing crash recovery in a single user mode";
  }
  return "nothing";
}

std::string cycle_words(const Cycle& cycle) {
  return (cycle.is_paused ? "PAUSE: " : "") + words_of_row(cycle);
}

}  // namespace tamada::agent
