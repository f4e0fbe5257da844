// read_agent_config(): files, directories and PATRONI_CONFIGURATION, on a real disk.
#include <fstream>

#include "tests/support/temporary_folder.h"
#include "tests/unit/agent/config/loading.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  REQUIRE(file.flush());
}

}  // namespace

TEST_CASE("a file is read, and its name stands before what is wrong with it", "[read_agent_config]") {
  const TemporaryFolder folder;
  write(folder / "patroni.yml", a_file("", "  pg_ctl_timeout: soon\n"));
  const LoadedAgentConfig answer = read_agent_config(folder / "patroni.yml", {});
  REQUIRE(answer.errors.size() == 1);
  CHECK(answer.errors[0].to_string() ==
        folder / "patroni.yml" +
            ":14:19: postgresql.pg_ctl_timeout: found \"soon\"; expected a whole number from 0 to "
            "1000000");
}

TEST_CASE("a directory's files count together, later names over earlier ones", "[read_agent_config]") {
  const TemporaryFolder folder;
  write(folder / "10-base.yml",
        a_file("tags: {zone: a, rack: 1}\n", "  parameters: {work_mem: 4MB, ssl: on}\n"));
  write(folder / "20-node.yaml",
        "name: node7\ntags: {zone: b, rack: }\npostgresql: {parameters: {work_mem: 8MB}}\n");
  write(folder / "30-ignored.conf", "name: wrong\n");
  const LoadedAgentConfig answer = read_agent_config(folder.path(), {{"PATRONI_SCOPE", "other"}});
  INFO(told(answer));
  REQUIRE(answer.ok());
  CHECK(answer.config.scope == "other");
  CHECK(answer.config.name == "node7");
  CHECK(answer.config.tags.all().dump() == R"({"zone":"b"})");
  CHECK(answer.config.postgres.parameters.dump() == R"({"work_mem":"8MB","ssl":true})");
}

TEST_CASE("what is wrong is told with the file of a directory that it stands in", "[read_agent_config]") {
  const TemporaryFolder folder;
  write(folder / "1.yml", a_file());
  write(folder / "2.yml", "tags: {nofailovr: true}\nrestapi: {verify_client: x}\n");
  const LoadedAgentConfig answer = read_agent_config(folder.path(), {});
  REQUIRE(answer.errors.size() == 1);
  CHECK(answer.errors[0].file == folder / "2.yml");
  CHECK(answer.errors[0].line == 2);
  REQUIRE(answer.warnings.size() == 1);
  CHECK(answer.warnings[0].place.file == folder / "2.yml");
}

TEST_CASE("PATRONI_CONFIGURATION counts where there is no file, and then alone", "[read_agent_config]") {
  const TemporaryFolder folder;
  const Environment environment{{"PATRONI_CONFIGURATION", a_file()}, {"PATRONI_NAME", "other"}};
  for (const std::string& path : {std::string(), folder / "missing.yml"}) {
    const LoadedAgentConfig answer = read_agent_config(path, environment);
    INFO(told(answer));
    CHECK(answer.ok());
    CHECK(answer.config.name == "node1");
    REQUIRE(answer.warnings.size() == 1);
    CHECK(answer.warnings[0].kind == WarningKind::no_effect);
  }
  write(folder / "there.yml", a_file("namespace: /there\n"));
  const LoadedAgentConfig answer = read_agent_config(folder / "there.yml", environment);
  CHECK(answer.config.key_prefix == "/there");
  CHECK(answer.config.name == "other");
}

TEST_CASE("a file that is not there is told by its name alone", "[read_agent_config]") {
  const TemporaryFolder folder;
  const LoadedAgentConfig answer = read_agent_config(folder / "missing.yml", {});
  REQUIRE(answer.errors.size() == 1);
  CHECK(contains(told(answer), "missing.yml"));
}

TEST_CASE("an empty directory is an error", "[read_agent_config]") {
  const TemporaryFolder folder;
  const LoadedAgentConfig answer = read_agent_config(folder.path(), {});
  REQUIRE(answer.errors.size() == 1);
  CHECK(contains(told(answer), "holds no *.yml or *.yaml"));
}
