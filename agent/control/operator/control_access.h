// ControlAccess: what the OperatorDesk may see of the HA loop and ask of it. HA loop's thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/api/answers/node_snapshot.h"
#include "agent/api/requests/handover_checks.h"
#include "agent/cluster/key_writer.h"
#include "agent/control/views/control_state.h"

namespace tamada::agent {

class ControlAccess {
 public:
  virtual ~ControlAccess() = default;

  [[nodiscard]] virtual const ControlState& state() const = 0;
  [[nodiscard]] virtual SnapshotPtr snapshot() = 0;  // made now

  // A look at the server that begins after this call. False: SQL did not answer. `then` once; state() shows what was seen.
  virtual void look_at_server(std::function<void(bool answered)> then) = 0;
  // The keys, proved by a request that was sent after this call. False: etcd does not answer. `then` once, likewise.
  virtual void read_store(std::function<void(bool answered)> then) = 0;
  // GET /patroni of the member of this name (PeerAsker); `then` once, also for a name that no member has.
  virtual void ask_candidate(const std::string& name,
                             std::function<void(const CandidateStatus& status)> then) = 0;

  virtual KeyWriter& writer() = 0;
  virtual const KeyWrites& writes() const = 0;

  // As SIGHUP.
  virtual void reload() = 0;
  // A restart or a reinitialisation that somebody asked for; the decider decides. What it begins, the desk is told by
  // on_action_begun(), perhaps from inside the call; where that does not come, nothing was begun. `start_limit`: of a restart.
  virtual void restart(std::optional<Duration> start_limit) = 0;
  // `is_forced`: an action that runs is ended first.
  virtual void reinitialize(bool from_leader_only, bool is_forced) = 0;
  // The restart that is scheduled from now on: state().scheduled_restart is to be this, and the member key and the snapshot
  // are to be made anew.
  virtual void state_changed(std::optional<patroni::ScheduledRestart> scheduled) = 0;
  // A sentence for the log.
  virtual void tell(const std::string& words, bool is_warning) = 0;
};

}  // namespace tamada::agent
