// GuardFixture: a real guard, through the agent's client, on a data directory of a real PostgreSQL 15. As
// root both run as the user postgres. What a test leaves is ended with the fixture, by process id.
#pragma once

#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "agent/guard/client/guard_client.h"
#include "agent/guard/processes/data_processes.h"
#include "common/loop/clock.h"
#include "tests/loop/common/postgres/client/postgres_process.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/temporary_folder.h"

namespace tamada::guard {

inline constexpr LockEpoch mine{7, 100};
inline constexpr LockEpoch newer{8, 200};

// An agent, as far as its guard sees it.
class KeptAgent final : public GuardCallbacks {
 public:
  KeptAgent(loop::Loop& loop, const GuardPlace& place)
      : client(std::make_unique<GuardClient>(loop, place, *this)) {}
  void on_guard_ready(const GuardStatus& status) override {
    ++ready;
    if (on_status) on_status(status);
  }
  void on_guard_status(const GuardStatus& status) override {
    if (on_status) on_status(status);
  }
  void on_guard_lost(const GuardFailure& failure) override {
    lost.push_back(failure);
    if (on_status) on_status(std::nullopt);
  }

  std::function<void(const std::optional<GuardStatus>&)> on_status;
  int ready = 0;
  std::vector<GuardFailure> lost;
  std::unique_ptr<GuardClient> client;
};

class GuardFixture : public loop::LoopFixture {
 public:
  GuardFixture() {
    INFO("wants " << postgres::programs << "postgres of the package postgresql-15: make deps");
    REQUIRE(access((postgres::programs + "postgres").c_str(), X_OK) == 0);
    postgres::own_by_postgres(folder.path());
    std::filesystem::create_directory(folder / "state");
    postgres::own_by_postgres(folder / "state");
    const auto found = GuardPlace::find(data, "node1", folder / "state");
    INFO((found ? "" : found.error().message));
    REQUIRE(found.has_value());
    place = *found;
    use_command({});
  }
  ~GuardFixture() {
    for (const pid_t pid : stopped) ::kill(pid, SIGCONT);
    agent.reset();
    for (const ProcessIdentity& guard : guards) {
      if (processes.start_time(guard.pid) == guard.start_time) ::kill(guard.pid, SIGKILL);
    }
    for (const pid_t pid : others) {
      ::kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
    CHECK(run_until([this] { return processes.signal_all(SIGKILL) == 0; }, 60s));
  }
  GuardFixture(const GuardFixture&) = delete;
  GuardFixture& operator=(const GuardFixture&) = delete;

  // `prefix`: words before the guard's own.
  void use_command(const std::vector<std::string>& prefix) {
    std::vector<std::string> words = postgres::as_postgres();
    words.insert(words.end(), prefix.begin(), prefix.end());
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    words.push_back((self.parent_path() / "tamada-guard").string());
    place.command = words;
  }
  void make_data() {
    postgres::run_as_postgres({"/bin/cp", "-a", postgres::pristine_data(), data}, folder / "log");
    std::ofstream settings(data + "/postgresql.auto.conf");
    settings << "listen_addresses = ''\nunix_socket_directories = '" << folder.path()
             << "'\nfsync = off\nshared_buffers = 16MB\nmax_connections = 20\nautovacuum = off\n";
  }

  // --- the agent
  void connect() {
    agent = std::make_unique<KeptAgent>(loop, place);
    agent->client->open();
    REQUIRE(run_until([this] { return agent->ready == 1 || !agent->lost.empty(); }, 30s));
    INFO((agent->lost.empty() ? "" : agent->lost.front().words));
    REQUIRE(agent->ready == 1);
    keep_guard(status().guard);
  }
  void keep_guard(pid_t pid) { guards.push_back({pid, processes.start_time(pid)}); }
  [[nodiscard]] bool has_guard_gone() const { return is_gone(guards.front().pid); }
  GuardClient& client() { return *agent->client; }
  [[nodiscard]] const GuardStatus& status() const { return agent->client->status(); }
  // For who waits for the answer.
  template <class Call>
  GuardAnswer answer(const Call& call) {
    std::optional<GuardClient::Answered> got;
    call([&got](const GuardClient::Answered& given) { got = given; });
    REQUIRE(run_until([&got] { return got.has_value(); }, 30s));
    INFO((got->has_value() ? "" : got->error().words));
    REQUIRE(got->has_value());
    return **got;
  }
  Outcome arm(const LockEpoch& epoch, TimePoint lease_end) {
    return answer([&](auto then) { client().arm(epoch, lease_end, then); }).outcome;
  }
  Outcome renew(const LockEpoch& epoch, TimePoint lease_end) {
    return answer([&](auto then) { client().renew(epoch, lease_end, then); }).outcome;
  }
  Outcome start(GuardLaunch launch) {
    return answer([&](auto then) { client().start(std::move(launch), std::nullopt, then); }).outcome;
  }
  Outcome signal(int number) {
    return answer([&](auto then) { client().signal(status().process.pid, number, then); }).outcome;
  }
  Outcome sweep() {
    const Outcome outcome = answer([&](auto then) { client().sweep(then); }).outcome;
    REQUIRE(run_until([this] { return !status().is_sweeping; }, 30s));
    return outcome;
  }

  // --- PostgreSQL
  // A server that this guard has not started, open; its postmaster.
  pid_t start_stranger() {
    make_data();
    others.push_back(
        postgres::spawn({postgres::programs + "postgres", "-D", data, "-p", port}, folder / "log"));
    REQUIRE(run_until_open());
    return others.back();
  }
  // The same, taken over by a guard.
  pid_t adopt_server() {
    const pid_t stranger = start_stranger();
    connect();
    const ProcessIdentity process{stranger, processes.start_time(stranger)};
    REQUIRE(answer([&](auto then) { client().adopt(process, then); }).outcome == Outcome::done);
    return stranger;
  }
  GuardLaunch postgres_launch() const {
    GuardLaunch launch;
    launch.program = postgres::programs + "postgres";
    launch.arguments = {launch.program, "-D", data, "-p", port};  // it finds its installation by its name
    launch.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
    launch.directory = "/";
    launch.output_file = folder / "postgres.log";
    return launch;
  }
  GuardLaunch tool_launch(const std::vector<std::string>& words) const {
    GuardLaunch launch = postgres_launch();
    launch.kind = ProcessKind::tool;
    launch.program = words.front();
    launch.arguments = words;
    return launch;
  }
  // Lets sessions in, or is a standby that does.
  bool run_until_open() {
    return run_until([this] { return sql("select 1") == "1"; }, 60s);
  }
  void start_postgres() {
    make_data();
    connect();
    REQUIRE(start(postgres_launch()) == Outcome::done);
    REQUIRE(run_until_open());
  }
  // The first column of the first row; "": no answer.
  std::string sql(const std::string& text) const {
    const std::string out = folder / "psql.out";
    std::ofstream(out).close();
    int code = -1;
    waitpid(psql(text, out), &code, 0);
    std::ifstream in(out);
    std::string line;
    std::getline(in, line);
    return code == 0 ? line : "";
  }
  pid_t psql(const std::string& text, const std::string& out, const std::string& name = "test") const {
    return postgres::spawn({postgres::programs + "psql", "-XAtq", "-h", folder.path(), "-p", port, "-U",
                            "postgres", "-d", "dbname=postgres application_name=" + name, "-c", text},
                           out);
  }
  // A session that runs it and stays; the backend's process id.
  pid_t session(const std::string& text) {
    const std::string name = "session" + std::to_string(others.size());
    others.push_back(psql(text, folder / "session.out", name));
    const std::string query =
        "select pid from pg_stat_activity where state = 'active' and application_name = '" + name + "'";
    std::string found;
    REQUIRE(run_until(
        [&] {
          found = sql(query);
          return !found.empty();
        },
        30s));
    return std::stoi(found);
  }
  pid_t committing_session() {
    sql("create unlogged table rows (n int)");
    const pid_t pid = session("do $$ begin loop insert into rows values (1); commit; end loop; end $$");
    REQUIRE(run_until([this] { return sql("select count(*) > 10 from rows") == "t"; }, 30s));
    return pid;
  }
  void stop_process(pid_t pid) {
    stopped.push_back(pid);
    ::kill(pid, SIGSTOP);
    REQUIRE(run_until([pid] { return state_of(pid) == 'T'; }, 30s));
  }
  static char state_of(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(in, text);
    const std::size_t end = text.rfind(") ");
    return end == std::string::npos ? ' ' : text[end + 2];
  }
  static bool is_gone(pid_t pid) {
    const char state = state_of(pid);
    return state == ' ' || state == 'Z' || state == 'X';
  }
  // Zombies are none.
  static std::uint32_t children_of(pid_t parent) {
    std::ifstream in("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    std::uint32_t count = 0;
    for (pid_t pid = 0; in >> pid;) count += is_gone(pid) ? 0 : 1;
    return count;
  }
  [[nodiscard]] std::uint32_t left() const { return processes.signal_all(0); }

  TemporaryFolder folder;
  const std::string data = folder / "data";
  const std::string port = "5432";  // of the socket in the folder; there is no other
  GuardPlace place;
  DataProcesses processes{data.c_str()};
  std::unique_ptr<KeptAgent> agent;
  std::vector<ProcessIdentity> guards;
  std::vector<pid_t> others;  // children of the test
  std::vector<pid_t> stopped;
};

}  // namespace tamada::guard
