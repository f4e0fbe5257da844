// check_machine(): files, programs, the data directory and ports of a real machine.
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/config/config_checks.h"
#include "common/base/address.h"
#include "common/base/unique_fd.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/agent/config/loading.h"

using namespace tamada;
using namespace tamada::agent;
namespace fs = std::filesystem;

namespace {

constexpr const char* programs = "/usr/lib/postgresql/15/bin";

// On ports that nobody has, with PostgreSQL 15's programs and a data directory that is not there.
AgentConfig a_config(const TemporaryFolder& folder) {
  AgentConfig config = loaded(a_file());
  config.restapi.listen = {"127.0.0.1", 0};
  config.postgres.listen_addresses = "127.0.0.1";
  config.postgres.port = 0;
  config.postgres.data_dir = folder / "data";
  config.postgres.shared.bin_dir = programs;
  return config;
}

std::string found(const AgentConfig& config, const MachineOptions& options = {}) {
  std::string text;
  for (const ConfigFinding& finding : check_machine(config, options)) {
    text += (text.empty() ? "" : "\n") + finding.path + ": " + finding.message;
  }
  return text.empty() ? "ok" : text;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  REQUIRE(file.flush());
}

}  // namespace

TEST_CASE("a machine that has everything is fine", "[machine_checks]") {
  const TemporaryFolder folder;
  CHECK(found(a_config(folder)) == "ok");
}

TEST_CASE("programs are looked for in bin_dir, by their names, and in PATH", "[machine_checks]") {
  const TemporaryFolder folder;
  AgentConfig config = a_config(folder);
  config.postgres.shared.bin_name["pg_isready"] = "pg_is_not_ready";
  CHECK(found(config) ==
        "postgresql.bin_dir: no program pg_isready in /usr/lib/postgresql/15/bin; write the folder "
        "with PostgreSQL's programs, such as /usr/lib/postgresql/15/bin");
  config.postgres.shared.bin_name.clear();
  config.postgres.shared.bin_dir.clear();
  CHECK(contains(found(config), "no program postgres in PATH"));
  MachineOptions options;
  options.search_path = std::string("/nowhere:") + programs;
  CHECK(found(config, options) == "ok");
}

TEST_CASE("files that settings name must be readable", "[machine_checks]") {
  const TemporaryFolder folder;
  AgentConfig config = a_config(folder);
  config.restapi.certfile = folder / "cert.pem";
  config.etcd.tls.ca_file = folder / "ca.pem";
  config.log.dir = folder / "log";
  write(folder / "ca.pem", "x");
  const std::string all = found(config);
  INFO(all);
  CHECK(contains(all, "restapi.certfile: "));
  CHECK(contains(all, "log.dir: "));
  CHECK_FALSE(contains(all, "etcd3.cacert"));
}

TEST_CASE("a data directory is missing, empty, or one of the programs' version", "[machine_checks]") {
  const TemporaryFolder folder;
  const AgentConfig config = a_config(folder);
  MachineOptions options;
  std::string asked;
  options.major_version = [&](const std::string& program) -> Result<int> {
    asked = program;
    return 15;
  };
  fs::create_directory(folder / "data");
  CHECK(found(config, options) == "ok");
  write(folder / "data/PG_VERSION", "15\n");
  CHECK(found(config, options) == "ok");
  CHECK(asked == std::string(programs) + "/postgres");
  write(folder / "data/PG_VERSION", "14\n");
  CHECK(contains(found(config, options), "postgres is of version 15, and "));
  CHECK(contains(found(config, options), "/data of version 14"));
  CHECK(found(config) == "ok");
  write(folder / "data/PG_VERSION", "garbage");
  CHECK(contains(found(config, options), "PG_VERSION says \"garbage\""));
}

TEST_CASE("a folder with other files is no data directory", "[machine_checks]") {
  const TemporaryFolder folder;
  const AgentConfig config = a_config(folder);
  fs::create_directory(folder / "data");
  write(folder / "data/letter.txt", "dear");
  CHECK(contains(found(config), "holds files, but no database (PG_VERSION is missing)"));
  fs::remove_all(folder / "data");
  write(folder / "data", "a file");
  CHECK(contains(found(config), "is no directory"));
}

TEST_CASE("a port that somebody has is told, unless it may be our own", "[machine_checks]") {
  const TemporaryFolder folder;
  const UniqueFd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address any = *Address::from_ip("127.0.0.1", 0);
  REQUIRE(::bind(taken.get(), any.data(), any.size()) == 0);
  REQUIRE(::listen(taken.get(), 1) == 0);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  REQUIRE(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  AgentConfig config = a_config(folder);
  config.postgres.port = Address::from_sockaddr(reinterpret_cast<sockaddr*>(&bound)).port();
  config.postgres.listen_addresses = "localhost";
  CHECK(contains(found(config), "postgresql.listen: cannot listen on localhost:"));
  CHECK(contains(found(config), "EADDRINUSE"));
  MachineOptions options;
  options.ports_free = false;
  CHECK(found(config, options) == "ok");
}
