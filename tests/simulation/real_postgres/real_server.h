// RealServer: a PostgreSQL 15 of a pair, asked with PostgreSQL's own programs. Ended by its pid when it goes.
#pragma once

#include <catch2/catch.hpp>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "tests/loop/common/postgres/client/postgres_process.h"

namespace tamada::simulation {

// Waits for what has to come.
inline bool comes(const std::function<bool()>& condition) {
  const TimePoint deadline = loop::boot_now() + 60s;
  while (!condition()) {
    if (loop::boot_now() >= deadline) return false;
    usleep(20000);
  }
  return true;
}

class RealServer {
 public:
  // A primary of its own.
  RealServer() : port_(std::to_string(loop::free_port())) {
    postgres::own_by_postgres(folder_.path());
    postgres::run_as_postgres({"/bin/cp", "-a", postgres::pristine_data(), data()}, log());
    configure();
  }
  // A standby of `primary`, named `name`.
  RealServer(const RealServer& primary, const std::string& name) : port_(std::to_string(loop::free_port())) {
    postgres::own_by_postgres(folder_.path());
    postgres::run_as_postgres({postgres::programs + "pg_basebackup", "-D", data(), "-c", "fast", "-h",
                               primary.folder_.path(), "-p", primary.port_, "-U", "postgres"},
                              log());
    configure();
    follow(primary, name);
  }
  ~RealServer() { end(SIGQUIT); }
  RealServer(const RealServer&) = delete;
  RealServer& operator=(const RealServer&) = delete;

  void follow(const RealServer& upstream, const std::string& name) {
    std::ofstream(data() + "/standby.signal").close();
    postgres::own_by_postgres(data() + "/standby.signal");
    std::ofstream(data() + "/postgresql.auto.conf", std::ios::app)
        << "primary_conninfo = 'host=" << upstream.folder_.path() << " port=" << upstream.port_
        << " user=postgres application_name=" << name << "'\n";
  }
  void set(const std::string& setting, const std::string& value) {
    sql("alter system set " + setting + " = '" + value + "'");
    sql("select pg_reload_conf()");
  }

  void start() {
    pid_ = postgres::spawn({postgres::programs + "postgres", "-D", data(), "-p", port_}, log());
    REQUIRE(comes([&] { return sql("select 1") == "1"; }));
  }
  // SIGINT: fast, SIGQUIT: immediate. Waits for its end.
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] bool has_ended() {
    if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }
  void signal(int signal) const { ::kill(pid_, signal); }

  // The first column of the first row; empty where nothing was answered.
  std::string sql(const std::string& statement) const {
    const std::string out = folder_ / "out";
    std::ofstream(out, std::ios::trunc).close();
    int status = 0;
    waitpid(begin_sql(statement, out), &status, 0);
    std::ifstream in(out);
    std::string line;
    std::getline(in, line);
    return status == 0 ? line : "";
  }
  // A session that goes on by itself: the process that holds it.
  [[nodiscard]] pid_t begin_sql(const std::string& statement, const std::string& out) const {
    return postgres::spawn({"/usr/bin/setpriv", "--pdeathsig", "KILL", "--", postgres::programs + "psql",
                            "-XAtq", "-h", folder_.path(), "-p", port_, "-U", "postgres", "-c", statement},
                           out);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
  // The value of a line of pg_controldata.
  [[nodiscard]] std::string control(const std::string& name) const {
    const std::string out = folder_ / "control";
    std::ofstream(out, std::ios::trunc).close();
    postgres::run_as_postgres({postgres::programs + "pg_controldata", data()}, out);
    std::ifstream in(out);
    for (std::string line; std::getline(in, line);) {
      if (line.rfind(name + ":", 0) == 0) return line.substr(line.find_first_not_of(' ', name.size() + 1));
    }
    FAIL("pg_controldata has no line " << name);
    return {};
  }

 private:
  [[nodiscard]] std::string data() const { return folder_ / "data"; }
  [[nodiscard]] std::string log() const { return folder_ / "log"; }
  void configure() {
    std::ofstream(data() + "/pg_hba.conf") << "local all all trust\nlocal replication all trust\n";
    std::ofstream(data() + "/postgresql.auto.conf", std::ios::trunc)
        << "listen_addresses = ''\nunix_socket_directories = '" << folder_.path()
        << "'\nfsync = off\nshared_buffers = 16MB\nmax_connections = 20\nautovacuum = off\n"
        << "wal_retrieve_retry_interval = 200ms\n";
  }

  TemporaryFolder folder_;
  std::string port_;
  pid_t pid_ = -1;
};

}  // namespace tamada::simulation
