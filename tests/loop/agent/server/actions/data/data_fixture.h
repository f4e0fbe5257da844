// DataFixture: a node whose data is made, compared and mended by its actions through a real guard, and other servers that it
// copies from. The whole program runs as the user postgres where it was started by root, as the agent would.
#pragma once

#include <nlohmann/json.hpp>

#include "agent/server/actions/action_runner.h"
#include "agent/server/settings/server_files.h"
#include "tests/loop/agent/guard/guard_fixture.h"
#include "tests/loop/agent/postgres/server_fixture.h"

namespace tamada::agent {

using ha::ActionKind;
using ha::Divergence;
using patroni::ServerState;
using Outcome = ha::ActionResult::Outcome;
namespace fs = std::filesystem;

class DataFixture : public guard::GuardFixture {
 public:
  static constexpr const char* replication_password = "rep:li\\ca't";

  DataFixture() {
    REQUIRE(is_postgres);
    config.name = "node1";
    config.scope = "test";
    PostgresConfig& own = config.postgres;
    own.data_dir = data;
    own.port = 5432;  // of the socket in the folder; there is no other
    own.pgpass = folder / "pgpass";
    own.superuser = {"postgres", Server::superuser_password, {}};
    own.replication = {"replicator", replication_password, {}};
    own.given = {"bin_dir",       "use_unix_socket", "basebackup",   "create_replica_methods",
                 "use_pg_rewind", "methods",         "recovery_conf"};
    own.shared.bin_dir = bin_dir;
    own.shared.use_unix_socket = true;
    own.shared.use_pg_rewind = true;
    own.shared.basebackup = {{"no-sync", std::nullopt}};
    own.parameters = {{"unix_socket_directories", folder.path()},
                      {"fsync", "off"},
                      {"shared_buffers", "16MB"},
                      {"autovacuum", "off"},
                      {"wal_keep_size", "64MB"}};
    config.bootstrap.initdb = {
        {"no-sync", std::nullopt}, {"data-checksums", std::nullopt}, {"locale", "C.UTF-8"}};
    connect();
    hands = std::make_unique<GuardHands>(loop, client());
    agent->on_status = [this](const auto& status) { hands->on_status(status); };
    runner = std::make_unique<ActionRunner>(
        loop, *hands, programs.helper,
        ActionProgress{[this](const auto& state) { states.push_back(state); },
                       [this](const std::string& said, bool) { words.push_back(said); }});
  }
  ~DataFixture() {
    runner.reset();
    agent->on_status = nullptr;
    hands.reset();
  }
  DataFixture(const DataFixture&) = delete;
  DataFixture& operator=(const DataFixture&) = delete;

  [[nodiscard]] static Upstream upstream(const Server& server) {
    return {server.name(), "127.0.0.1", static_cast<std::uint16_t>(std::stoi(server.port())), {}};
  }
  [[nodiscard]] ServerSetupPtr setup() const {
    patroni::DynamicSettings shared;
    shared.use_slots = false;  // nobody makes them on the other servers
    return make_server_setup(config, ConfigValue::object(), shared, 150000);
  }
  // Of an action for which `other` is the leader; none: there is no leader.
  [[nodiscard]] ActionContext context(const Server* other) const {
    ActionContext known;
    known.setup = setup();
    if (other != nullptr) {
      known.from = known.leader = upstream(*other);
      known.sources = {known.from};
    }
    return known;
  }
  void begin(ActionKind kind, ActionContext with, bool may_replace = false) {
    result.reset();
    ha::Action action;
    action.id = ++last_id;
    action.kind = kind;
    action.from = with.from.name;
    action.may_replace_data = may_replace;
    runner->begin(action, std::move(with), [this](const ha::ActionResult& got) { result = got; });
  }
  ha::ActionResult end() {
    REQUIRE(run_until([this] { return result.has_value(); }, 240s));
    for (const std::string& said : words) UNSCOPED_INFO(said);
    return *result;
  }
  ha::ActionResult run(ActionKind kind, const Server* leader = nullptr, bool may_replace = false) {
    begin(kind, context(leader), may_replace);
    return end();
  }
  void must_run(ActionKind kind, const Server* leader = nullptr, bool may_replace = false) {
    const ha::ActionResult got = run(kind, leader, may_replace);
    INFO(got.words);
    REQUIRE(got.outcome == Outcome::done);
  }
  [[nodiscard]] Divergence divergence_from(const Server& leader) {
    const ha::ActionResult got = run(ActionKind::check_divergence, &leader);
    UNSCOPED_INFO(got.words);
    CHECK(got.outcome == Outcome::done);
    return got.divergence;
  }

  // Of the node itself, as the agent logs in.
  std::string ask(const std::string& text) const {
    BlockingSession session(local_conninfo(*setup()), 10s);
    const auto set = must(first_set_of(session.ask({text}, 30s)));
    return set.rows.empty() ? std::string() : set.rows[0][0].value_or("");
  }
  void start_leader(Server& server) {
    server.initdb();
    server.configure(nullptr);
    server.start();
    (void)server.sql(create_user({"replicator", replication_password, true, false}));
  }
  // A server of the test as a standby of another one.
  void follow(Server& standby, const Server& from) {
    standby.write_passfile(from, replication_password);
    const BaseBackupPlan plan{standby.data().path(),
                              "dbname=postgres user=replicator host=127.0.0.1 port=" + from.port(),
                              standby.passfile(),
                              {"--checkpoint=fast", "--no-sync"}};
    must(programs.tools.base_backup(plan, {}, 120s, {}));
    standby.configure(&from);
    standby.start();
  }
  [[nodiscard]] ControlData control() { return must(programs.tools.control_data(data, {})); }
  [[nodiscard]] bool exists(const std::string& name) const { return fs::exists(folder / name); }
  [[nodiscard]] bool is_streaming() {
    return run_until([this] { return ask("SELECT status FROM pg_stat_wal_receiver") == "streaming"; }, 60s);
  }

  AgentConfig config;
  Programs programs;
  std::unique_ptr<GuardHands> hands;
  std::unique_ptr<ActionRunner> runner;
  std::vector<std::optional<ServerState>> states;
  std::vector<std::string> words;
  std::optional<ha::ActionResult> result;
  std::uint64_t last_id = 0;
};

}  // namespace tamada::agent
