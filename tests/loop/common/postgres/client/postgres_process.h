// PostgresProcess: a real PostgreSQL 15 with its data, its socket and a free loopback port in a temporary
// folder. Run as the user postgres where the test is root, whom PostgreSQL refuses. Ended by its pid when it
// goes.
//
// Over the socket everybody is let in; over TCP with SCRAM (tls_only: only with TLS; nobody: not at all).
#pragma once

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "common/loop/clock.h"
#include "common/postgres/client/conninfo.h"
#include "tests/support/raw_socket.h"
#include "tests/support/temporary_folder.h"

namespace tamada::postgres {

inline const std::string programs = "/usr/lib/postgresql/15/bin/";

// The words that run a program as who may run PostgreSQL.
inline std::vector<std::string> as_postgres() {
  if (geteuid() != 0) return {};
  return {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"};
}

inline void own_by_postgres(const std::string& path) {
  const passwd* user = geteuid() == 0 ? getpwnam("postgres") : nullptr;
  if (user != nullptr) REQUIRE(chown(path.c_str(), user->pw_uid, user->pw_gid) == 0);
}

// Its standard output and error are added to `log`.
inline pid_t spawn(std::vector<std::string> words, const std::string& log) {
  std::vector<std::string> all = as_postgres();
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : all) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  // The environment could hold PG* settings.
  char path[] = "PATH=/usr/bin:/bin";
  char language[] = "LC_ALL=C.UTF-8";
  char* environment[] = {path, language, nullptr};
  pid_t pid = -1;
  REQUIRE(posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environment) == 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

inline void run_as_postgres(std::vector<std::string> words, const std::string& log) {
  int status = -1;
  INFO(words.front());
  REQUIRE(waitpid(spawn(std::move(words), log), &status, 0) > 0);
  REQUIRE(status == 0);
}

// One initdb for all servers of a test program; each gets a copy.
inline const std::string& pristine_data() {
  static const TemporaryFolder folder;
  static const std::string data = [] {
    own_by_postgres(folder.path());
    run_as_postgres({programs + "initdb", "-D", folder / "data", "-U", "postgres", "-E", "UTF8",
                     "--locale=C.UTF-8", "-A", "trust", "-N"},
                    folder / "log");
    return folder / "data";
  }();
  return data;
}

class PostgresProcess {
 public:
  // `certificate`, `key`: files; none: without TLS.
  explicit PostgresProcess(const std::string& certificate = {}, const std::string& key = {}) {
    INFO("wants " << programs << "postgres of the package postgresql-15: make deps");
    REQUIRE(access((programs + "postgres").c_str(), X_OK) == 0);
    own_by_postgres(folder_.path());
    run_as_postgres({"/bin/cp", "-a", pristine_data(), folder_ / "data"}, folder_ / "log");
    std::ofstream(folder_ / "data/pg_hba.conf") << "local all all trust\n"
                                                   "local replication all trust\n"
                                                   "host all nobody 127.0.0.1/32 reject\n"
                                                   "hostssl all tls_only 127.0.0.1/32 scram-sha-256\n"
                                                   "hostnossl all tls_only 127.0.0.1/32 reject\n"
                                                   "host all all 127.0.0.1/32 scram-sha-256\n";
    std::ofstream settings(folder_ / "data/postgresql.auto.conf");
    settings << "listen_addresses = '127.0.0.1'\nunix_socket_directories = '" << folder_.path()
             << "'\nfsync = off\nshared_buffers = 16MB\nmax_connections = 20\n"
             << "restart_after_crash = on\nautovacuum = off\n";
    if (!certificate.empty()) {
      adopt(certificate, "server.crt");
      adopt(key, "server.key");
      settings << "ssl = on\n";
    }
    settings.close();
    start();
  }
  ~PostgresProcess() {
    for (const pid_t pid : stopped_) ::kill(pid, SIGCONT);
    end(SIGQUIT);
  }
  PostgresProcess(const PostgresProcess&) = delete;
  PostgresProcess& operator=(const PostgresProcess&) = delete;

  // Returns when it lets sessions in, on the port that it had before. A server whose postmaster was killed
  // starts when the last of its processes has noticed, so it is tried again.
  void start() {
    const TimePoint deadline = loop::boot_now() + 60s;
    pid_ = -1;
    while (!is_ready()) {
      if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
      if (pid_ < 0) {
        // Somebody may have been faster at a port that was free.
        if (!has_run_) port_ = loop::free_port();
        pid_ = spawn({programs + "postgres", "-D", folder_ / "data", "-p", port()}, folder_ / "log");
      }
      if (loop::boot_now() >= deadline) {
        end(SIGQUIT);  // the destructor does not run where the constructor fails
        FAIL("PostgreSQL did not become ready within 60 s");
      }
      usleep(5000);
    }
    has_run_ = true;
  }
  // SIGTERM, SIGINT, SIGQUIT: smart, fast, immediate. Waits for its end.
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::kill(pid_, SIGCONT);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void signal(int signal) const { ::kill(pid_, signal); }
  // The postmaster, or a backend: continued at the latest when this goes.
  void stop_process(pid_t pid) {
    stopped_.push_back(pid);
    ::kill(pid, SIGSTOP);
    // It may go on for a moment, until it has seen the signal. The state stands behind the name in parentheses.
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    for (bool stopped = false; !stopped;) {
      std::ifstream in(path);
      std::string text;
      std::getline(in, text);
      REQUIRE_FALSE(text.empty());
      stopped = text.find(") T ") != std::string::npos;
    }
  }
  void continue_process(pid_t pid) const { ::kill(pid, SIGCONT); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  [[nodiscard]] Conninfo by_socket(const std::string& user = "postgres") const {
    return {{"host", folder_.path()}, {"port", port()}, {"user", user}, {"dbname", "postgres"}};
  }
  [[nodiscard]] Conninfo by_tcp(const std::string& user, const std::string& password) const {
    return {{"host", "127.0.0.1"},  {"port", port()},       {"user", user},
            {"dbname", "postgres"}, {"password", password}, {"sslmode", "disable"}};
  }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }

 private:
  void adopt(const std::string& file, const std::string& name) const {
    const std::string own = folder_ / ("data/" + name);
    std::filesystem::copy_file(file, own);
    REQUIRE(chmod(own.c_str(), 0600) == 0);
    own_by_postgres(own);
  }
  // As pg_ctl sees it: the eighth line of postmaster.pid, of this postmaster.
  [[nodiscard]] bool is_ready() const {
    std::ifstream file(folder_ / "data/postmaster.pid");
    std::string line;
    std::string first;
    for (int i = 1; i <= 8; ++i) {
      if (!std::getline(file, line)) return false;
      if (i == 1) first = line;
    }
    return first == std::to_string(pid_) && line.rfind("ready", 0) == 0;
  }

  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  bool has_run_ = false;
  std::vector<pid_t> stopped_;
};

}  // namespace tamada::postgres
