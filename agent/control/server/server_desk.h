// ServerDesk: the agent's side of its own PostgreSQL: the guard, the looks at the server, the actions on it, its settings, its
// slots, and people's callbacks. It joins them: who waits for whom is here.
//
//   guard lost            nothing is known of the server any more; the guard is opened again, since its death has ended
//                         PostgreSQL, or another one has to be started
//   guard missing         it is silent (stopped), or there has been none for `missing_after`: what it ran is looked at by SQL
//                         and by its process; the server can be stopped without it. Opened again and again all the same
//   guard of an earlier   it is missing from the start: the postmaster on the data directory is taken for what it runs
//   agent, not answering
//   guard of another      it becomes the installed program in place (guard_upgrade.h)
//   build
//   guard without server  a postmaster that somebody else started (Patroni) is looked for, and adopted as it runs
//   action                pg_control is not read, settings are not written and slots not touched meanwhile
//
// Loop thread only; what is handed in must outlive it. After destruction no callback runs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/control/server/callback_plan.h"
#include "agent/control/server/lone_postmaster.h"
#include "agent/guard/client/guard_client.h"
#include "agent/guard/client/guard_upgrade.h"
#include "agent/ha/ha_events.h"
#include "agent/ha/ha_step.h"
#include "agent/server/actions/action_runner.h"
#include "agent/server/callbacks/callback_queue.h"
#include "agent/server/settings/settings_keeper.h"
#include "agent/server/slots/slot_keeper.h"
#include "agent/server/watch/postmaster_finder.h"
#include "agent/server/watch/server_watch.h"
#include "agent/server/watch/space_watch.h"
#include "common/base/new_words.h"
#include "common/loop/timer.h"

namespace tamada::agent {

class ServerDeskCallbacks {
 public:
  virtual void on_server_look(const ServerLook& look) = 0;
  // A GuardReport or an ActionEnded.
  virtual void on_server_event(const ha::HaEvent& event) = 0;
  // What the server is said to do has changed (action_state()), or what waits for a restart.
  virtual void on_server_state() = 0;
  virtual void on_server_words(const std::string& words, bool is_warning) = 0;
  // The guard cannot be had: why, once per reason. Without it nothing is started.
  virtual void on_guard_failure(const guard::GuardFailure& failure) = 0;
  // It was greeted, or is missing, and what runs is known: once, before everything else.
  virtual void on_guard_first_ready() = 0;

 protected:
  ~ServerDeskCallbacks() = default;
};

class ServerDesk final : private guard::GuardCallbacks {
 public:
  ServerDesk(loop::Loop& loop, const ExecHelper& helper, guard::GuardPlace place, const std::string& scope,
             ServerDeskCallbacks& callbacks);
  ~ServerDesk();
  ServerDesk(const ServerDesk&) = delete;
  ServerDesk& operator=(const ServerDesk&) = delete;

  void configure(ServerSetupPtr setup);
  // Opens the guard; on_guard_first_ready() follows, or on_guard_failure() again and again.
  void start();
  void set_members(const Upstreams& members) { watch_.set_members(members); }
  // What slots are wanted follows from the keys; a round at once where members have changed.
  void set_slots(const WantedSlots& wanted);

  // ---- the decider's orders
  void arm(const guard::LockEpoch& epoch, TimePoint lease_end);
  // The deadline that the decider believes, told again and again: a new one goes to an armed guard. The lock may have moved
  // to another lease meanwhile.
  void renew(const guard::LockEpoch& epoch, TimePoint lease_end);
  void disarm(bool is_paused);
  void begin(const ha::Action& action, ActionContext context);
  void cancel(std::uint64_t id);
  void want(const ha::WantedSettings& wanted, const Upstream& upstream);

  // A look that begins now.
  void look(std::function<void()> done = {}) { watch_.look(std::move(done)); }
  void reload();
  // The callbacks that run and wait may finish, at most so long.
  void finish_callbacks(Duration limit, std::function<void()> done);

  [[nodiscard]] const ServerLook& last_look() const { return look_; }
  [[nodiscard]] std::optional<patroni::ServerState> action_state() const { return action_state_; }
  [[nodiscard]] ha::ActionKind action() const { return action_.kind; }
  [[nodiscard]] ha::GuardReport guard_report() const;
  // Now, whatever was said before.
  [[nodiscard]] bool has_guard() const { return guard_.is_ready(); }
  [[nodiscard]] const guard::GuardStatus& guard_status() const { return guard_.status(); }
  [[nodiscard]] const std::vector<patroni::PendingRestart>& pending_restart() const {
    return keeper_.pending_restart();
  }
  // SpaceWatch::problem().
  [[nodiscard]] const std::string& disk_problem() const { return space_.problem(); }
  [[nodiscard]] const SlotKeeper& slots() const { return slots_; }
  // The postmaster ended by itself, and nobody has started it since.
  [[nodiscard]] bool has_crashed() const { return has_crashed_; }

 private:
  void on_guard_ready(const guard::GuardStatus& status) override;
  void on_guard_status(const guard::GuardStatus& status) override;
  void on_guard_lost(const guard::GuardFailure& failure) override;

  void tell_guard();
  void miss_guard(const guard::GuardFailure& failure);
  void watch_alone(const guard::ProcessState& postmaster);
  void find_alone(const guard::GuardFailure& failure);
  void on_found();
  // What is known of the server's processes.
  [[nodiscard]] std::optional<guard::GuardStatus> known_status() const;
  void tell_finding(const std::string& words, const NewWords& others);
  void find_postmaster();
  void on_look(const ServerLook& look);
  void on_action_ended(const ha::Action& action, const ha::ActionResult& result);
  void call(const std::vector<PlannedCallback>& planned);
  void run_slots();
  void begin_held();

  loop::Loop& loop_;
  ServerDeskCallbacks& callbacks_;
  guard::GuardClient guard_;
  guard::GuardUpgrade upgrade_;
  GuardHands hands_;
  ServerWatch watch_;
  SpaceWatch space_;
  ActionRunner runner_;
  SettingsKeeper keeper_;
  SlotKeeper slots_;
  CallbackQueue queue_;
  CallbackPlan plan_;
  std::unique_ptr<PostmasterFinder> finder_;
  ServerSetupPtr setup_;
  ServerLook look_;
  ha::Action action_;
  std::optional<ActionContext> waiting_context_;  // of the action that waits for the keeper
  std::optional<patroni::ServerState> action_state_;
  ha::WantedSettings wanted_;
  WantedSlots wanted_slots_;
  ha::GuardReport told_;
  NewWords guard_warnings_;
  NewWords start_findings_;         // what is wrong with people's settings, by the last start
  NewWords round_findings_;         // and by the last round of the keeper
  guard::LockEpoch renewed_epoch_;  // what the guard was told last
  TimePoint renewed_to_{};
  TimePoint lost_at_{};  // since when there is no guard
  bool is_guard_missing_ = false;
  bool may_still_start_ = false;  // GuardReport's
  bool has_ended_alone_ = false;  // the missing guard's server was ended without it, to the last process
  std::unique_ptr<LonePostmaster> lone_;  // of the missing guard
  bool was_found_ = false;                // the first on_guard_first_ready() has been told
  bool has_crashed_ = false;
  std::optional<guard::GuardFailure::Kind> told_failure_;
  loop::Timer reopen_;
  loop::Timer hold_on_;
  loop::WeakHandles<ServerDesk> handles_{*this};
};

}  // namespace tamada::agent
