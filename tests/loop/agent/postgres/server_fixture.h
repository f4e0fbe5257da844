// What the tests of agent/postgres share: a PostgreSQL 15 that is made, configured, started and stopped by the code under
// test, as far as that goes; only the parent of the server, which is the guard's business, is the test.
//
// The whole program runs as the user postgres where it was started by root, as the agent would.
#pragma once

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/postgres/blocking_session.h"
#include "agent/postgres/config_files.h"
#include "agent/postgres/data_directory.h"
#include "agent/postgres/formats/password_file.h"
#include "agent/postgres/formats/postmaster_call.h"
#include "agent/postgres/formats/postmaster_pid.h"
#include "agent/postgres/formats/primary_conninfo.h"
#include "agent/postgres/postgres_tools.h"
#include "agent/postgres/server_commands.h"
#include "agent/postgres/server_query.h"
#include "common/files/small_file.h"
#include "common/loop/clock.h"
#include "tests/support/raw_socket.h"
#include "tests/support/temporary_folder.h"

namespace tamada::agent {

inline const std::string bin_dir = "/usr/lib/postgresql/15/bin";

inline bool become_postgres() {
  if (geteuid() != 0) return true;
  const passwd* const user = getpwnam("postgres");
  if (user == nullptr || initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0)
    return false;
  // Else /proc/self would be root's.
  return prctl(PR_SET_DUMPABLE, 1) == 0;
}
inline const bool is_postgres = become_postgres();

inline EnvironmentVariables test_environment() {
  return tool_environment({{"PATH", "/usr/bin:/bin"}});
}

template <class Condition>
void wait_until(Condition condition, Duration limit = 60s) {
  const TimePoint deadline = loop::boot_now() + limit;
  while (!condition()) {
    REQUIRE(loop::boot_now() < deadline);
    usleep(5000);
  }
}

// The value, or a failed test with the words of the error.
template <class Value>
Value must(Result<Value> result) {
  if (!result) FAIL(result.error().message);
  if constexpr (!std::is_void_v<Value>) return *std::move(result);
}

struct Programs {
  ExecHelper helper = must(ExecHelper::find());
  ChildToolRunner runner{helper};
  PostgresTools tools{runner, runner, {bin_dir, test_environment()}};
};

class Server {
 public:
  static constexpr const char* superuser_password = "su:per\\pass word'";

  Server(Programs& programs, const TemporaryFolder& folder, const std::string& name)
      : programs_(programs),
        folder_(folder.path()),
        name_(name),
        data_(folder / name),
        files_({data_.path(), {}, "postgresql", false}) {
    REQUIRE(is_postgres);
  }
  ~Server() { stop(SIGQUIT); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // A copy of what the program's one initdb made. Its segments are small, so that copies are.
  void initdb() {
    static const TemporaryFolder pristine;
    if (!std::filesystem::exists(pristine / "data")) {
      const InitdbPlan plan{pristine / "data",
                            {"--data-checksums", "--no-sync", "--locale=C.UTF-8", "--wal-segsize=1"},
                            "postgres",
                            std::nullopt};
      must(programs_.tools.initdb(plan, superuser_password, 120s, {}));
    }
    std::filesystem::copy(pristine / "data", data_.path(), std::filesystem::copy_options::recursive);
    std::filesystem::permissions(data_.path(), std::filesystem::perms::owner_all);
  }
  // As a primary, or as a standby of `upstream`.
  void configure(const Server* upstream, const Settings& more = {}) {
    must(files_.adopt_base());
    ServerConfig config;
    config.include = files_.base_file_name();
    config.settings = {{"unix_socket_directories", folder_}, {"fsync", "off"},
                       {"shared_buffers", "16MB"},           {"autovacuum", "off"},
                       {"logging_collector", "off"},         {"wal_keep_size", "64MB"}};
    for (const auto& [key, value] : more) config.settings[key] = value;
    config.hba_file = files_.hba_path();
    config.ident_file = files_.ident_path();
    if (upstream != nullptr) {
      config.recovery = standby_recovery_settings("latest");
      config.recovery["primary_conninfo"] = format_conninfo(upstream_of(*upstream));
    }
    const ConfigText text = format_postgresql_conf(config);
    CHECK(text.left_out.empty());
    must(files_.write_main(text.text));
    must(files_.write_host_rules(format_host_rules({"local all all trust", "local replication all trust",
                                                    "host all all 127.0.0.1/32 scram-sha-256",
                                                    "host replication all 127.0.0.1/32 scram-sha-256"})));
    must(files_.set_signal(upstream != nullptr ? ConfigFiles::Signal::standby : ConfigFiles::Signal::none));
    must(files_.strip_auto_conf());
  }
  // Of this server, as another one's upstream, with the password in a file.
  [[nodiscard]] ConninfoFields upstream_of(const Server& upstream) const {
    UpstreamConninfo plan;
    plan.upstream = {{"host", "127.0.0.1"}, {"port", upstream.port()}};
    plan.authentication = {{"user", "replicator"}};
    plan.application_name = name_;
    plan.passfile = passfile();
    plan.server_major = 15;
    return build_primary_conninfo(plan);
  }
  void write_passfile(const Server& upstream, const std::string& password) const {
    must(write_password_file(passfile(), must(password_file_lines({{"host", "127.0.0.1"},
                                                                   {"port", upstream.port()},
                                                                   {"user", "replicator"},
                                                                   {"password", password}})) +
                                             must(password_file_lines({{"host", "127.0.0.1"},
                                                                       {"port", upstream.port()},
                                                                       {"user", "postgres"},
                                                                       {"password", superuser_password}}))));
  }
  [[nodiscard]] std::string passfile() const { return folder_ + "/" + name_ + ".pgpass"; }

  [[nodiscard]] PostmasterStart start_plan() const {
    PostmasterStart plan;
    plan.program = bin_dir + "/postgres";
    plan.data_dir = data_.path();
    plan.config_file = files_.main_path();
    plan.command_line =
        command_line_values({{"max_connections", max_connections}},
                            {{"listen_addresses", "127.0.0.1"}, {"port", port()}, {"cluster_name", "test"}})
            .values;
    plan.environment = server_environment({{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}});
    return plan;
  }
  // Until it lets sessions in.
  void start() {
    PostmasterStart plan = start_plan();
    raised.clear();
    if (must(files_.signal()) != ConfigFiles::Signal::none) {
      raised =
          raise_to_control(plan.command_line, must(programs_.tools.control_data(data_.path(), {})).settings);
    }
    const ProgramCall call = postmaster_call(plan);
    std::vector<std::string> words = call.arguments;
    std::vector<std::string> variables = words_of(call.environment);
    std::vector<char*> argv;
    std::vector<char*> environment;
    for (std::string& word : words) argv.push_back(word.data());
    for (std::string& word : variables) environment.push_back(word.data());
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawn_file_actions_addchdir_np(&actions, call.directory.c_str());
    REQUIRE(posix_spawn(&pid_, call.program.c_str(), &actions, nullptr, argv.data(), environment.data()) ==
            0);
    posix_spawn_file_actions_destroy(&actions);
    wait_until([this] {
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = -1;
        FAIL("the server ended: " << read_small_file(log()).value_or(""));
      }
      const PostmasterPid file =
          parse_postmaster_pid(read_small_file(data_.path() + "/postmaster.pid").value_or(""));
      return file.pid == pid_ && file.status == PostmasterStatus::ready;
    });
  }
  void stop(int signal = SIGINT) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  [[nodiscard]] postgres::Conninfo by_socket() const {
    return {{"host", folder_}, {"port", port()}, {"user", "postgres"}, {"dbname", "postgres"}};
  }
  [[nodiscard]] ServerStatus status() const {
    BlockingSession session(by_socket(), 10s);
    return must(parse_server_status(session.ask(server_query({15}), 10s)));
  }
  postgres::ResultSet sql(postgres::Statement statement) const {
    BlockingSession session(by_socket(), 10s);
    return must(first_set_of(session.ask(std::move(statement), 30s)));
  }
  // The leader's own words, in the order that rewind_check.h asks for.
  [[nodiscard]] LeaderLog leader_log() const {
    LeaderLog told;
    told.is_in_recovery = status().in_recovery;
    postgres::Conninfo replication = by_socket();
    replication["replication"] = "true";
    BlockingSession session(replication, 10s);
    told.timeline = must(parse_system_identity(session.ask(identify_system(), 10s))).timeline;
    if (*told.timeline > 1)
      told.history = must(parse_history_answer(session.ask(timeline_history(*told.timeline), 10s)));
    return told;
  }

  [[nodiscard]] const DataDirectory& data() const { return data_; }
  [[nodiscard]] const ConfigFiles& files() const { return files_; }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string log() const { return folder_ + "/" + name_ + ".log"; }

  std::string max_connections = "30";
  std::vector<RaisedSetting> raised;  // by the last start

 private:
  Programs& programs_;
  const std::string folder_;
  const std::string name_;
  const DataDirectory data_;
  const ConfigFiles files_;
  const std::uint16_t port_ = loop::free_port();
  pid_t pid_ = -1;
};

struct ServerFixture {
  static constexpr const char* replication_password = "rep:li\\ca't";

  // A primary that runs, with a user for replication.
  void start_primary(const Settings& more = {}) {
    primary.initdb();
    primary.configure(nullptr, more);
    primary.start();
    (void)primary.sql(create_user({"replicator", replication_password, true, false}));
  }
  // By base backup of `from`; configured, not started.
  void clone(Server& to, const Server& from) {
    to.write_passfile(from, replication_password);
    const BaseBackupPlan plan{to.data().clone_path(),
                              "dbname=postgres user=replicator host=127.0.0.1 port=" + from.port(),
                              to.passfile(),
                              {"--checkpoint=fast", "--no-sync"}};
    must(programs.tools.base_backup(plan, [this](const BackupProgress& seen) { progress.push_back(seen); },
                                    120s, {}));
    must(to.data().put_clone_in_place());
    to.configure(&from);
  }

  Programs programs;
  TemporaryFolder folder;
  Server primary{programs, folder, "Primary-1"};
  Server standby{programs, folder, "standby-2"};
  std::vector<BackupProgress> progress;
};

}  // namespace tamada::agent
