// Tools that fail, say what they mean, or are stopped; and directories that are damaged.
#include <filesystem>

#include "agent/postgres/formats/described_settings.h"
#include "tests/loop/agent/postgres/server_fixture.h"

using namespace tamada;
using namespace tamada::agent;

TEST_CASE_METHOD(ServerFixture, "a crashed primary recovers alone and is shut down afterwards", "[tools]") {
  start_primary();
  (void)primary.sql({"CREATE TABLE t AS SELECT generate_series(1, 1000) AS x"});
  primary.stop(SIGQUIT);
  const auto state = [this] { return must(programs.tools.control_data(primary.data().path(), {})).state; };
  CHECK(state() == ClusterState::in_production);
  CHECK_FALSE(local_end_of(must(programs.tools.control_data(primary.data().path(), {}))));
  const PostmasterStart plan = primary.start_plan();
  must(programs.tools.crash_recovery(
      single_user_call(plan.program, plan.data_dir, plan.config_file, plan.command_line, test_environment()),
      120s, {}));
  CHECK(state() == ClusterState::shut_down);
  primary.start();
  CHECK(primary.sql({"SELECT count(*) FROM t"}).rows[0][0] == "1000");
}

TEST_CASE_METHOD(ServerFixture, "a broken control file is told, and is no other cluster", "[tools]") {
  primary.initdb();
  const std::string control = primary.data().path() + "/global/pg_control";
  std::filesystem::copy_file(control, folder / "pg_control");
  {
    std::fstream file(control, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8);
    file.put('x');
  }
  CHECK(primary.data().look().state == DataState::valid);
  const ControlData damaged = must(programs.tools.control_data(primary.data().path(), {}));
  CHECK(damaged.is_damaged);
  CHECK_FALSE(damaged.system_identifier);

  std::filesystem::resize_file(control, 0);
  const DataLook look = primary.data().look();
  CHECK(look.state == DataState::control_broken);
  CHECK(look.major == 15);
  CHECK(look.problem == control + " has 0 bytes instead of 8192");
  const auto read = programs.tools.control_data(primary.data().path(), {});
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::system);

  std::filesystem::remove(control);
  CHECK(primary.data().look().state == DataState::control_broken);
  std::filesystem::copy_file(folder / "pg_control", control);
  CHECK(must(programs.tools.control_data(primary.data().path(), {})).state == ClusterState::shut_down);
}

TEST_CASE_METHOD(ServerFixture, "what the agent's environment speaks does not matter", "[tools]") {
  primary.initdb();
  const EnvironmentVariables russian = tool_environment({{"PATH", "/usr/bin:/bin"},
                                                         {"LANG", "ru_RU.UTF-8"},
                                                         {"LC_MESSAGES", "ru_RU.UTF-8"},
                                                         {"LANGUAGE", "ru"},
                                                         {"LOCPATH", folder / "locales"}});
  const PostgresTools tools(programs.runner, programs.runner, {bin_dir, russian});
  const ControlData control = must(tools.control_data(primary.data().path(), {}));
  CHECK(control == must(programs.tools.control_data(primary.data().path(), {})));
  CHECK(control.system_identifier.has_value());
}

TEST_CASE_METHOD(ServerFixture, "translated messages, where the system has them, leave everything unknown",
                 "[tools]") {
  primary.initdb();
  std::filesystem::create_directory(folder / "locales");
  ToolRun make{{"/usr/bin/localedef",
                {"localedef", "-i", "ru_RU", "-f", "UTF-8", folder / "locales/ru_RU.UTF-8"},
                {{"PATH", "/usr/bin:/bin"}},
                {}},
               60s,
               {},
               {}};
  if (!programs.runner.run(make, {}).is_success()) {
    WARN("there is no Russian locale to be made here");
    return;
  }
  const ToolPlace place{bin_dir, {{"LC_ALL", "ru_RU.UTF-8"}, {"LOCPATH", folder / "locales"}}};
  const ToolEnd end = programs.runner.run({control_data_call(place, primary.data().path()), 30s, {}, {}}, {});
  REQUIRE(end.is_success());
  if (end.output.find("pg_control version number") != std::string::npos) {
    WARN("PostgreSQL's translations are not installed here");
    return;
  }
  CHECK(parse_control_data(end.output + end.error) == ControlData{});
}

TEST_CASE_METHOD(ServerFixture, "a tool that is cancelled or late ends, and says so", "[tools]") {
  ToolRun run{{"/bin/sleep", {"sleep", "600"}, {}, {}}, 100ms, {}, {}};
  CHECK(success_of(run, programs.runner.run(run, {})).error().kind == ErrorKind::timeout);
  run.deadline.reset();
  std::stop_source source;
  run.call = {"/bin/sh", {"sh", "-c", "echo begun; exec sleep 600"}, {{"PATH", "/bin:/usr/bin"}}, {}};
  run.on_line = [&source](std::string_view) { source.request_stop(); };
  CHECK(success_of(run, programs.runner.run(run, source.get_token())).error().kind == ErrorKind::closed);
  // Stopped before it began.
  run.on_line = {};
  CHECK(success_of(run, programs.runner.run(run, source.get_token())).error().kind == ErrorKind::closed);
}

TEST_CASE_METHOD(ServerFixture, "a tool's failure names it with its last words", "[tools]") {
  ToolRun run{{"/bin/sh", {"sh", "-c", "echo no space left >&2; exit 3"}, {}, {}}, 30s, {}, {}};
  CHECK(success_of(run, programs.runner.run(run, {})).error().message ==
        "/bin/sh ended with status 3: no space left ");
  run.call.program = "/nowhere/program";
  CHECK(success_of(run, programs.runner.run(run, {})).error().kind == ErrorKind::unavailable);
}

TEST_CASE_METHOD(ServerFixture, "initdb that fails leaves no password behind", "[tools]") {
  std::filesystem::create_directory(folder / "full");
  std::ofstream(folder / "full/file") << "x";
  CHECK_FALSE(programs.tools.initdb({folder / "full", {}, "postgres", std::nullopt}, "secret", 60s, {}));
  CHECK_FALSE(std::filesystem::exists(folder / "full.pwfile"));
  CHECK(programs.tools.initdb({folder / "new", {}, "postgres", std::nullopt}, "two\nlines", 60s, {})
            .error()
            .kind == ErrorKind::invalid);
  CHECK_FALSE(std::filesystem::exists(folder / "new"));
}

TEST_CASE_METHOD(ServerFixture, "every setting of a running server that a file may hold passes the filter",
                 "[tools]") {
  start_primary();
  const DescribedSettings known = must(programs.tools.described_settings({}));
  CHECK(known.size() > 250);
  CHECK(known.at("shared_buffers").context == SettingContext::postmaster);
  Settings all;
  for (const auto& row :
       primary
           .sql({"SELECT name, setting FROM pg_settings WHERE context <> 'internal'"
                 " AND name NOT LIKE 'transaction_%'"
                 " AND name NOT IN ('is_superuser', 'session_authorization', 'role', 'seed',"
                 " 'lc_collate', 'lc_ctype', 'server_encoding')"})
           .rows)
    all[row[0].value()] = row[1].value_or("");
  for (const SettingFinding& finding : filter_settings(all, known).findings) {
    INFO(finding.name << " = " << finding.value);
    CHECK(finding.kind == SettingFinding::Kind::set_by_agent);
  }
}
