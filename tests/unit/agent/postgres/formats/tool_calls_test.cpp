#include "agent/postgres/formats/tool_calls.h"

#include <catch2/catch.hpp>

#include "agent/postgres/formats/tool_options.h"

using namespace tamada::agent;

namespace {

using Words = std::vector<std::string>;
using Parameters = std::vector<std::pair<std::string, std::string>>;

const ToolPlace place{"/bin", {{"LC_ALL", "C"}}};

}  // namespace

TEST_CASE("options of a list and of a map become words", "[tool_options]") {
  const ToolOptionWords words = tool_option_words(
      Tool::initdb, {{"data-checksums", std::nullopt}, {"encoding", "UTF8"}, {"waldir=/wal", std::nullopt}},
      15);
  CHECK(words.words == Words{"--data-checksums", "--encoding=UTF8", "--waldir=/wal"});
  CHECK(words.refused.empty());
}

TEST_CASE("options that are the agent's are refused with the reason, also abbreviated", "[tool_options]") {
  const ToolOptionWords words = tool_option_words(Tool::initdb,
                                                  {{"pgdata", "/x"},
                                                   {"pgd", "/x"},
                                                   {"pwfile=/x", std::nullopt},
                                                   {"sync-only", std::nullopt},
                                                   {"-k", std::nullopt},
                                                   {"data checksums", std::nullopt},
                                                   {"locale", "C"},
                                                   {"no-sync", std::nullopt}},
                                                  15);
  CHECK(words.words == Words{"--locale=C", "--no-sync"});
  REQUIRE(words.refused.size() == 6);
  CHECK(words.refused[0] == "option \"pgdata\" is set by the agent and cannot be given to initdb");
  CHECK(
      words.refused[4] ==
      "option \"-k\" is no long option of initdb; write its name without dashes, such as \"data-checksums\"");
}

TEST_CASE("a base backup may be compressed on the server only", "[tool_options]") {
  const auto words = [](std::optional<std::string> value, int major) {
    return tool_option_words(Tool::pg_basebackup, {{"compress", std::move(value)}}, major).words;
  };
  CHECK(words("server-lz4", 15) == Words{"--compress=server-lz4"});
  CHECK(words("server-lz4", 14).empty());
  CHECK(words("9", 15).empty());
  CHECK(words(std::nullopt, 15).empty());
  CHECK(tool_option_words(Tool::pg_basebackup,
                          {{"checkpoint", "fast"}, {"max-rate", "100M"}, {"format", "t"}}, 15)
            .words == Words{"--checkpoint=fast", "--max-rate=100M"});
  CHECK(tool_option_words(Tool::pg_rewind, {{"debug", std::nullopt}, {"source-server", "x"}}, 15).words ==
        Words{"--debug"});
}

TEST_CASE("initdb gets its password from a file", "[tool_calls]") {
  CHECK(initdb_call(place, {"/data", {"--encoding=UTF8"}, "postgres", "/tmp/pw"}).arguments ==
        Words{"/bin/initdb", "--pgdata=/data", "--encoding=UTF8", "--username=postgres", "--pwfile=/tmp/pw"});
  CHECK(initdb_call(place, {"/data", {}, "", std::nullopt}).arguments ==
        Words{"/bin/initdb", "--pgdata=/data"});
}

TEST_CASE("a base backup streams into its own folder", "[tool_calls]") {
  const ProgramCall call =
      base_backup_call(place, {"/data.clone", "dbname=postgres host=a", "/pgpass", {"--checkpoint=fast"}});
  CHECK(call.arguments == Words{"/bin/pg_basebackup", "--pgdata=/data.clone", "-X", "stream",
                                "--dbname=dbname=postgres host=a", "-w", "--progress", "--checkpoint=fast"});
  CHECK(call.environment == EnvironmentVariables{{"LC_ALL", "C"}, {"PGPASSFILE", "/pgpass"}});
}

TEST_CASE("a base backup's progress is read", "[tool_calls]") {
  CHECK(parse_backup_progress("  1234/56789 kB (2%), 0/1 tablespace (/data/base/1)") ==
        BackupProgress{1234, 56789});
  CHECK(parse_backup_progress("23074/23074 kB (100%), 1/1 tablespace") == BackupProgress{23074, 23074});
  for (const char* line :
       {"", "waiting for checkpoint", "x/1 kB (2%), 0/1 tablespace", "1/2 kB (2%)", "kB (/ tablespace"})
    CHECK_FALSE(parse_backup_progress(line));
}

TEST_CASE("a rewind fetches missing log where there is a command for it", "[tool_calls]") {
  RewindPlan plan{"/data", "dbname=postgres host=a", "/pgpass", false, std::nullopt, 15, {}};
  CHECK(rewind_call(place, plan).arguments ==
        Words{"/bin/pg_rewind", "-D", "/data", "--source-server=dbname=postgres host=a"});
  plan.has_restore_command = true;
  plan.config_file = "/etc/p.conf";
  plan.options = {"--debug"};
  CHECK(rewind_call(place, plan).arguments ==
        Words{"/bin/pg_rewind", "-D", "/data", "--source-server=dbname=postgres host=a",
              "--restore-target-wal", "--config-file=/etc/p.conf", "--debug"});
  plan.major = 14;
  CHECK(rewind_call(place, plan).arguments.size() == 6);
}

TEST_CASE("the small tools", "[tool_calls]") {
  CHECK(control_data_call(place, "/data").arguments == Words{"/bin/pg_controldata", "-D", "/data"});
  CHECK(waldump_call(place, "/data/pg_wal", 2, 0x182E220, 2).arguments ==
        Words{"/bin/pg_waldump", "-t", "2", "-s", "0/182E220", "-n", "2", "-p", "/data/pg_wal"});
  CHECK(describe_settings_call(place).arguments == Words{"/bin/postgres", "--describe-config"});
}

TEST_CASE("a method gets our parameters and its section's own", "[tool_calls]") {
  const MethodFacts facts{"main", "/data", "host=a"};
  CHECK(method_parameters(MethodUse::bootstrap, facts, false,
                          {{"command", "x"}, {"recovery_conf", "y"}, {"test-argument", "test-value"}}) ==
        Parameters{{"scope", "main"}, {"datadir", "/data"}, {"test-argument", "test-value"}});
  CHECK(method_parameters(MethodUse::create_replica, facts, false,
                          {{"keep_data", "true"}, {"threads", "4"}}) == Parameters{{"scope", "main"},
                                                                                   {"role", "replica"},
                                                                                   {"datadir", "/data"},
                                                                                   {"connstring", "host=a"},
                                                                                   {"threads", "4"}});
  CHECK(method_parameters(MethodUse::create_replica, facts, true,
                          {{"no_params", "true"}, {"threads", "4"}}) == Parameters{{"threads", "4"}});
}

TEST_CASE("a method's command is cut into words", "[tool_calls]") {
  const auto call = method_call({{"A", "1"}}, {"/bin/sh -c 'x y'", {{"scope", "my main"}}});
  REQUIRE(call);
  CHECK(call->program == "/bin/sh");
  CHECK(call->arguments == Words{"/bin/sh", "-c", "x y", "--scope=my main"});
  CHECK_FALSE(method_call({}, {"'", {}}));
}
