// ActionsFixture: an ActionRunner with a real guard and a real PostgreSQL 15. The whole program runs as the user postgres
// where it was started by root, as the agent would.
#pragma once

#include "agent/server/actions/action_runner.h"
#include "agent/server/actions/guard_tool_runner.h"
#include "tests/loop/agent/guard/guard_fixture.h"
#include "tests/loop/agent/postgres/server_fixture.h"

namespace tamada::agent {

using Outcome = ha::ActionResult::Outcome;

class ActionsFixture : public guard::GuardFixture {
 public:
  ActionsFixture() {
    REQUIRE(is_postgres);
    config.name = "node1";
    config.scope = "test";
    config.postgres.data_dir = data;
    config.postgres.port = 5432;  // of the socket in the folder
    config.postgres.pgpass = folder / "pgpass";
    config.postgres.superuser.username = "postgres";
    config.postgres.replication.username = "postgres";
    config.postgres.given = {"bin_dir", "use_unix_socket", "recovery_conf", "pre_promote", "before_stop"};
    config.postgres.shared.bin_dir = bin_dir;
    config.postgres.shared.use_unix_socket = true;
    config.postgres.parameters = {{"unix_socket_directories", folder.path()},
                                  {"fsync", "off"},
                                  {"shared_buffers", "16MB"},
                                  {"autovacuum", "off"},
                                  {"wal_keep_size", "64MB"}};
    make_data();
    connect();
    hands = std::make_unique<GuardHands>(loop, client());
    agent->on_status = [this](const auto& status) { hands->on_status(status); };
    make_runner();
  }
  ~ActionsFixture() {
    runner.reset();
    agent->on_status = nullptr;
    hands.reset();
  }
  ActionsFixture(const ActionsFixture&) = delete;
  ActionsFixture& operator=(const ActionsFixture&) = delete;

  void make_runner() {
    runner = std::make_unique<ActionRunner>(
        loop, *hands, helper,
        ActionProgress{[this](const auto& state) { states.push_back(state); },
                       [this](const std::string& said, bool) { words.push_back(said); }});
  }
  [[nodiscard]] ActionContext context() const {
    ActionContext made;
    patroni::DynamicSettings shared;
    shared.use_slots = false;  // nobody makes them here
    made.setup = make_server_setup(config, ConfigValue::object(), shared, 150000);
    made.epoch = guard::mine;
    made.lease_end = loop::boot_now() + 60s;
    return made;
  }
  // The fence's, for a minute from now on.
  void hold_lock() { REQUIRE(arm(guard::mine, loop::boot_now() + 3600s) == guard::Outcome::done); }

  void begin(ha::ActionKind kind, ActionContext with, std::uint32_t timeline = 0) {
    ha::Action action;
    action.kind = kind;
    action.timeline = timeline;
    begin(action, std::move(with));
  }
  void begin(ha::Action action, ActionContext with) {
    result.reset();
    action.id = ++last_id;
    runner->begin(action, std::move(with), [this](const ha::ActionResult& got) { result = got; });
    CHECK_FALSE(result.has_value());
  }
  ha::ActionResult end() {
    REQUIRE(run_until([this] { return result.has_value(); }, 120s));
    return *result;
  }
  ha::ActionResult run(ha::ActionKind kind, ActionContext with, std::uint32_t timeline = 0) {
    begin(kind, std::move(with), timeline);
    return end();
  }
  ha::ActionResult run(ha::ActionKind kind) { return run(kind, context()); }
  void must_run(ha::ActionKind kind) {
    const ha::ActionResult got = run(kind);
    INFO(got.words);
    REQUIRE(got.outcome == Outcome::done);
  }

  [[nodiscard]] bool is_in_recovery() const { return sql("select pg_is_in_recovery()") == "t"; }
  [[nodiscard]] bool has_file(const std::string& name) const {
    return std::filesystem::exists(data + "/" + name);
  }
  [[nodiscard]] bool has_said(const std::string& part) const {
    for (const std::string& said : words) {
      if (said.find(part) != std::string::npos) return true;
    }
    return false;
  }
  [[nodiscard]] ClusterState control_state() { return *must(tools.control_data(data, {})).state; }

  AgentConfig config;
  const ExecHelper helper = must(ExecHelper::find());
  ChildToolRunner own_runner{helper};
  PostgresTools tools{own_runner, own_runner, {bin_dir, test_environment()}};
  std::unique_ptr<GuardHands> hands;
  std::unique_ptr<ActionRunner> runner;
  std::vector<std::optional<patroni::ServerState>> states;
  std::vector<std::string> words;
  std::optional<ha::ActionResult> result;
  std::uint64_t last_id = 0;
};

}  // namespace tamada::agent
