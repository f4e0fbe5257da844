// KeeperFixture: a SettingsKeeper with a real guard and a real PostgreSQL 15, which it is looked at by the test. The whole
// program runs as the user postgres where it was started by root, as the agent would.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/server/settings/settings_keeper.h"
#include "agent/server/settings/write_server_files.h"
#include "tests/loop/agent/guard/guard_fixture.h"
#include "tests/loop/agent/postgres/server_fixture.h"

namespace tamada::agent {

struct KeeperFixture : guard::GuardFixture {
  KeeperFixture() {
    REQUIRE(is_postgres);
    config.name = "node1";
    config.scope = "demo";
    config.bootstrap.method = "initdb";
    config.postgres.port = static_cast<std::uint16_t>(std::stoi(port));
    config.postgres.data_dir = data;
    config.postgres.pgpass = folder / "pgpass";
    config.postgres.superuser.username = "postgres";
    config.postgres.replication.username = "postgres";
    config.postgres.shared.bin_dir = bin_dir;
    config.postgres.shared.use_unix_socket = true;
    config.postgres.parameters = {{"unix_socket_directories", folder.path()}};
    config.postgres.given = {"bin_dir", "use_unix_socket"};
    setup = a_setup({});
  }
  ~KeeperFixture() { keeper.reset(); }
  KeeperFixture(const KeeperFixture&) = delete;
  KeeperFixture& operator=(const KeeperFixture&) = delete;

  // With these shared parameters.
  [[nodiscard]] ServerSetupPtr a_setup(const ConfigValue& parameters, bool with_hba = false) const {
    ConfigValue shared = {{"postgresql", {{"use_slots", false}}}};
    if (!parameters.empty()) shared["postgresql"]["parameters"] = parameters;
    if (with_hba) shared["postgresql"]["pg_hba"] = {"local all all trust", "local replication all trust"};
    auto read = patroni::read_dynamic_settings(shared);
    return make_server_setup(config, std::move(shared), std::move(read.settings), 150018);
  }
  // As an action would: the files, then the postmaster, by the guard.
  void start_server(const ServerRole& role, const ha::WantedSettings& wanted = {}) {
    postgres::run_as_postgres({"/bin/cp", "-a", postgres::pristine_data(), data}, folder / "log");
    std::ofstream(data + "/postgresql.conf", std::ios::app)
        << "fsync = off\nshared_buffers = 16MB\nautovacuum = off\n";
    const ServerFiles files = server_files(*setup, role, wanted, std::nullopt, "");
    CHECK(must(write_server_files(*setup, files)));
    const ConfigFiles on_disk(config_places(*setup));
    must(on_disk.set_signal(role.is_standby ? ConfigFiles::Signal::standby : ConfigFiles::Signal::none));
    PostmasterStart plan;
    plan.program = server_program(*setup, "postgres");
    plan.data_dir = data;
    plan.config_file = on_disk.main_path();
    plan.command_line = files.command_line;
    const ProgramCall call = postmaster_call(plan);
    guard::GuardLaunch launch = postgres_launch();
    launch.arguments = call.arguments;
    connect();
    REQUIRE(start(std::move(launch)) == guard::Outcome::done);
    REQUIRE(run_until_open());
  }
  void make_keeper() {
    keeper = std::make_unique<SettingsKeeper>(loop, client(),
                                              SettingsKeeper::Callbacks{[this](const std::string& problem) {
                                                                          ++rounds;
                                                                          if (!problem.empty())
                                                                            problems.push_back(problem);
                                                                        },
                                                                        [this] { ++reloads; }});
  }

  // What the watch would tell now.
  [[nodiscard]] ServerLook a_look() const {
    ServerLook look;
    look.view.as_of = loop::boot_now();
    BlockingSession session(local_conninfo(*setup), 10s);
    look.status = must(parse_server_status(session.ask(server_query({15}), 30s)));
    look.view.kind = look.status->in_recovery ? ha::ServerKind::standby : ha::ServerKind::primary;
    look.view.postmaster = static_cast<std::uint64_t>(status().process.pid);
    look.view.is_receiver_gone = !look.status->receiver && look.status->primary_conninfo.empty();
    return look;
  }
  void look() { keeper->on_look(a_look()); }
  // Looks again and again, as the watch does.
  bool look_until(const std::function<bool()>& condition, Duration limit = 60s) {
    const TimePoint deadline = loop::boot_now() + limit;
    while (loop::boot_now() < deadline) {
      look();
      run_for(50ms);
      if (condition()) return true;
    }
    return false;
  }
  [[nodiscard]] std::string shown(const std::string& setting) const { return sql("show " + setting); }
  bool comes(const std::string& setting, const std::string& value) {
    const bool has_come = run_until([&] { return shown(setting) == value; }, 60s);
    CAPTURE(setting, shown(setting), problems);
    CHECK(has_come);
    return has_come;
  }
  [[nodiscard]] int reloads_logged() const {
    const std::string log = read_small_file(folder / "postgres.log").value_or("");
    int count = 0;
    for (std::size_t at = log.find("received SIGHUP"); at != std::string::npos;
         at = log.find("received SIGHUP", at + 1))
      ++count;
    return count;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return read_small_file(data + "/" + name).value_or("none");
  }

  static ha::WantedSettings synchronous(std::vector<std::string> names) {
    ha::WantedSettings wanted;
    wanted.synchronous_standbys = std::move(names);
    return wanted;
  }
  static ServerRole standby() {
    ServerRole role;
    role.is_standby = true;
    return role;
  }

  AgentConfig config;
  ServerSetupPtr setup;
  std::unique_ptr<SettingsKeeper> keeper;
  int rounds = 0;
  int reloads = 0;
  std::vector<std::string> problems;
};

}  // namespace tamada::agent
