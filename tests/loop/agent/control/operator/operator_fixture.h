// Desk: an OperatorDesk before an HA loop that a test plays: what it is asked for is noted, and answered when the test says so.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/control/operator/operator_desk.h"
#include "common/loop/clock.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/support/agent_control_state.h"

namespace tamada::agent {

// The HA loop as the desk sees it.
struct PlayedControl final : ControlAccess {
  PlayedControl(etcd::Client& client) : key_writer(client) {
    now = agent_standby_state();
    now.heard = loop::boot_now();
  }

  [[nodiscard]] const ControlState& state() const override { return now; }
  [[nodiscard]] SnapshotPtr snapshot() override { return made; }
  void look_at_server(std::function<void(bool)> then) override { looks.push_back(std::move(then)); }
  void read_store(std::function<void(bool)> then) override { readings.push_back(std::move(then)); }
  void ask_candidate(const std::string& name, std::function<void(const CandidateStatus&)> then) override {
    candidates.emplace_back(name, std::move(then));
  }
  KeyWriter& writer() override { return key_writer; }
  const KeyWrites& writes() const override { return key_writes; }
  void reload() override { ++reloads; }
  void restart(std::optional<Duration> start_limit) override {
    restarts.push_back(start_limit);
    if (on_restart) on_restart();
  }
  void reinitialize(bool from_leader_only, bool is_forced) override {
    reinitializations.emplace_back(from_leader_only, is_forced);
    if (on_restart) on_restart();
  }
  void state_changed(std::optional<patroni::ScheduledRestart> scheduled) override {
    now.scheduled_restart = std::move(scheduled);
  }
  void tell(const std::string& words, bool is_warning) override { told.emplace_back(words, is_warning); }

  ControlState now;
  SnapshotPtr made = std::make_shared<const NodeSnapshot>();
  KeyWriter key_writer;
  const KeyWrites key_writes{"/service/orders/"};
  std::function<void()> on_restart;  // the decider begins it from inside the call

  std::vector<std::function<void(bool)>> looks;
  std::vector<std::function<void(bool)>> readings;
  std::vector<std::pair<std::string, std::function<void(const CandidateStatus&)>>> candidates;
  std::vector<std::optional<Duration>> restarts;
  std::vector<std::pair<bool, bool>> reinitializations;
  std::vector<std::pair<std::string, bool>> told;
  int reloads = 0;
};

struct Desk : etcd::EtcdFixture {
  using Told = std::pair<RestartEnd, std::string>;
  using Started = std::pair<ReinitializeStart, std::string>;

  // `endpoint`: of etcd; where it does not matter, an address where nobody answers.
  explicit Desk(const std::string& endpoint = "http://127.0.0.1:1")
      : client(client_of({http::Url::parse(endpoint).value()})),
        control(*client),
        desk(std::make_unique<OperatorDesk>(loop, control)) {}

  static ha::Action action(ha::ActionKind kind, std::uint64_t id = 1, const std::string& from = "") {
    ha::Action one;
    one.id = id;
    one.kind = kind;
    one.from = from;
    return one;
  }
  void begin(const ha::Action& one) {
    control.now.action = one.kind;
    desk->on_action_begun(one);
  }
  void end(const ha::Action& one, ha::ActionResult::Outcome outcome) {
    control.now.action = ha::ActionKind::none;
    ha::ActionResult result;
    result.outcome = outcome;
    desk->on_action_ended(one, result);
  }
  void restart(const RestartRequest& request = {}) {
    restarted.reset();
    desk->restart(request, [this](RestartEnd end, const std::string& words) {
      restarted = Told{end, words};
    });
  }
  void reinitialize(const ReinitializeRequest& request = {}) {
    started.reset();
    desk->reinitialize(request, [this](ReinitializeStart start, const std::string& words) {
      started = Started{start, words};
    });
  }
  bool schedule(const RestartRequest& request) {
    bool scheduled = false;
    desk->schedule_restart(request, [&](bool is_scheduled) { scheduled = is_scheduled; });
    return scheduled;
  }

  std::unique_ptr<etcd::Client> client;
  PlayedControl control;
  std::unique_ptr<OperatorDesk> desk;
  std::optional<Told> restarted;
  std::optional<Started> started;
};

}  // namespace tamada::agent
