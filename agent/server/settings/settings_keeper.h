// SettingsKeeper: keeps the files of a running server as the decider and the settings want them, and has it read them.
//
//   primary   synchronous_standby_names; while the cluster is closed to clients pg_hba.conf lets only the agent in
//   standby   primary_conninfo, primary_slot_name; receiver_off: empty primary_conninfo, and the WAL receiver seen gone
//             (agent/postgres/wal_receiver_stop.h)
//   starting  a standby that takes no connections yet: whom it follows, which may be what it waits for
//
// A standby whose upstream is not known for now, be it that the leader is not or that its address is not, keeps the one it
// has: only receiver_off takes it away.
//
// Files are written on a thread of their own, only where they change; then the server is told to reload (SIGHUP by the guard).
// A server that does not have what is in its files, seen in a look, is told again. One round at a time; what was wanted
// meanwhile comes next. Nothing is done while held (an action runs): the action writes the files itself. What failed is told
// and tried again, first after half a second, then less and less often, at least every ten.
//
// What it cannot know: whether every backend has read a setting. The watch tells what a new session sees.
//
// Loop thread only, which never waits for it: what still writes at its end is left behind. May be destroyed in its callbacks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/guard/client/guard_client.h"
#include "agent/server/server_look.h"
#include "agent/server/settings/server_files.h"
#include "common/loop/loop.h"
#include "common/patroni/member_value.h"

namespace tamada::agent {

class SettingsKeeper {
 public:
  struct Callbacks {
    // After a round that changed something or failed: a look is worth while. `problem`: empty, or what failed.
    std::function<void(const std::string& problem)> on_round;
    // The server was told to reload because of the settings (not for a follow): callback on_reload.
    std::function<void()> on_reload;
  };

  SettingsKeeper(loop::Loop& loop, guard::GuardClient& guard, Callbacks callbacks);
  ~SettingsKeeper();
  SettingsKeeper(const SettingsKeeper&) = delete;
  SettingsKeeper& operator=(const SettingsKeeper&) = delete;

  // What is wanted; compared with what was written last. `upstream`: the member that wanted.follow names, as it is known now.
  // recovery_target_timeline is not among it: it needs a restart, and a running standby that has a number there could not
  // follow the next promotion.
  void want(ServerSetupPtr setup, const ha::WantedSettings& wanted, const Upstream& upstream);
  // What the last look saw: role, running or not, whether primary_conninfo is as written.
  void on_look(const ServerLook& look);
  // While an action works on the server nothing is written. What is being written then is called off, but may be a moment
  // from its end: an action begins once is_writing() says no. Afterwards nothing is known until a look that began later,
  // as after forget().
  void hold(bool is_held);
  [[nodiscard]] bool is_writing() const;
  // Whatever the last written was: read the files anew and tell the server (SIGHUP, POST /reload).
  void reload();

  // Settings that wait for a restart, with the value in force and the one wanted; empty: none.
  [[nodiscard]] const std::vector<patroni::PendingRestart>& pending_restart() const;
  // Sentences about settings that were left out or replaced when the files were last written.
  [[nodiscard]] const std::vector<std::string>& findings() const;
  // Somebody else may have written other files: what stands there is not known any more, until a look that begins now.
  void forget();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
