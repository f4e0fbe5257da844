// OperatorDesk: what REST clients ask for, on the HA loop's side: configuration, failover key, restart now and later,
// reinitialise. It answers when what was asked for is over, has begun, or cannot be.
//
// When it cannot know, it says what stands for it: no snapshot, `failed`. A restart or a copy that the decider does not begin
// within some seconds has failed; a write is `failed` where nobody knows what became of it.
//
// HA loop's thread only; loop and control must outlive it. After destruction no callback runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/api/api_backend.h"
#include "agent/control/operator/control_access.h"
#include "common/loop/loop.h"

namespace tamada::agent {

class OperatorDesk final : public ApiBackend {
 public:
  OperatorDesk(loop::Loop& loop, ControlAccess& control);
  ~OperatorDesk() override;
  OperatorDesk(const OperatorDesk&) = delete;
  OperatorDesk& operator=(const OperatorDesk&) = delete;

  // ---- what the HA loop tells
  // Each action's begin and end, also of those that nobody asked for, state() having been brought up to date before.
  void on_action_begun(const ha::Action& action);
  void on_action_ended(const ha::Action& action, const ha::ActionResult& result);
  // After each look, state() having it already.
  void on_look(const ServerLook& look);
  // Schedules that are due are looked at here; the wall clock's time, each second or so.
  void on_wall_time(WallTime now);

  // ---- ApiBackend
  void query_server(TakeSnapshot then) override;
  void read_cluster(TakeSnapshot then) override;
  void write_config(std::string config, std::optional<std::int64_t> revision, TakeWritten then) override;
  void write_failover(FailoverWish wish, TakeWritten then) override;
  void clear_failover(std::int64_t revision, TakeWritten then) override;
  void ask_candidates(std::vector<std::string> names,
                      std::function<void(std::vector<CandidateStatus>)> then) override;
  void reload() override;
  void restart(RestartRequest request, std::function<void(RestartEnd, std::string action)> then) override;
  void schedule_restart(RestartRequest request, std::function<void(bool scheduled)> then) override;
  void delete_restart(std::function<void(bool deleted)> then) override;
  void reinitialize(ReinitializeRequest request,
                    std::function<void(ReinitializeStart, std::string action)> then) override;
  void failsafe(FailsafeRequest request,
                std::function<void(FailsafeEnd, std::optional<std::uint64_t> position)> then) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
