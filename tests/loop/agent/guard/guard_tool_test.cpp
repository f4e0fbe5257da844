// Tools: what works on the data directory and is no server. They end with their agent, whole.
#include <fstream>

#include "tests/loop/agent/guard/guard_fixture.h"

namespace tamada::guard {
namespace {

class ToolFixture : public GuardFixture {
 public:
  void run_tool(const std::vector<std::string>& words) {
    REQUIRE(start(tool_launch(words)) == Outcome::done);
    REQUIRE(run_until([this] { return !status().process.is_starting; }, 30s));
  }
  bool run_until_tool_ends() {
    return run_until([this] { return status().process.kind == ProcessKind::none; }, 60s);
  }
  // The process that a tool has written the number of into a file.
  pid_t told_by(const std::string& file) {
    pid_t pid = 0;
    REQUIRE(run_until([&] { return (std::ifstream(file) >> pid) && pid > 0; }, 30s));
    return pid;
  }
  std::string content_of(const std::string& file) const {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_CASE_METHOD(ToolFixture, "initdb runs under the guard, and the server that it made after it",
                 "[guard]") {
  connect();
  run_tool(
      {postgres::programs + "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "--locale=C.UTF-8"});
  CHECK(start(postgres_launch()) == Outcome::busy);
  REQUIRE(run_until_tool_ends());
  CHECK(status().last_end.kind == EndKind::exited);
  CHECK(status().last_end.value == 0);
  CHECK(content_of(folder / "postgres.log").find("Success") != std::string::npos);
  std::ofstream(data + "/postgresql.auto.conf")
      << "listen_addresses = ''\nunix_socket_directories = '" << folder.path() << "'\n";
  REQUIRE(start(postgres_launch()) == Outcome::done);
  CHECK(run_until_open());
}

TEST_CASE_METHOD(ToolFixture, "a tool gets its environment, its directory, and no descriptor but three",
                 "[guard]") {
  connect();
  GuardLaunch launch = tool_launch(
      {"/bin/sh", "-c",
       "echo $WORD; pwd; ls /proc/self/fd | wc -l; ulimit -n; cut -d' ' -f5 /proc/$$/stat; echo $$"});
  launch.environment = {"WORD=a b", "PATH=/usr/bin:/bin"};
  launch.directory = folder / "state";
  launch.open_files = 100;
  REQUIRE(start(std::move(launch)) == Outcome::done);
  REQUIRE(run_until_tool_ends());
  std::istringstream lines(content_of(folder / "postgres.log"));
  std::string word;
  std::string directory;
  int descriptors = 0;
  int open_files = 0;
  pid_t group = 0;
  pid_t pid = 0;
  std::getline(lines, word);
  std::getline(lines, directory);
  lines >> descriptors >> open_files >> group >> pid;
  CHECK(word == "a b");
  CHECK(directory == folder / "state");
  CHECK(descriptors == 4);  // and the one by which ls reads the folder
  CHECK(open_files == 100);
  CHECK(pid > 0);
  CHECK(group == pid);
}

TEST_CASE_METHOD(ToolFixture, "a tool's output may go to a descriptor of the agent's", "[guard]") {
  connect();
  GuardLaunch launch = tool_launch({"/bin/sh", "-c", "echo out; echo error >&2"});
  launch.output_file.clear();
  const std::string file = folder / "own";
  launch.output.reset(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  REQUIRE(start(std::move(launch)) == Outcome::done);
  REQUIRE(run_until_tool_ends());
  CHECK(content_of(file) == "out\nerror\n");
}

TEST_CASE_METHOD(ToolFixture, "a signal reaches a tool's whole group", "[guard]") {
  connect();
  const std::string file = folder / "state/child";
  run_tool({"/bin/sh", "-c", "sleep 1000 & echo $! > " + file + "; wait"});
  const pid_t child = told_by(file);
  REQUIRE(signal(SIGTERM) == Outcome::done);
  REQUIRE(run_until_tool_ends());
  CHECK(status().last_end.kind == EndKind::signalled);
  CHECK(status().last_end.value == SIGTERM);
  CHECK(run_until([child] { return is_gone(child); }, 30s));
}

TEST_CASE_METHOD(ToolFixture, "what a tool leaves in its group ends with it", "[guard]") {
  connect();
  const std::string file = folder / "state/child";
  run_tool({"/bin/sh", "-c", "(trap '' TERM HUP; sleep 1000) & echo $! > " + file});
  REQUIRE(run_until_tool_ends());
  const pid_t child = told_by(file);
  CHECK(run_until([child] { return is_gone(child); }, 30s));
}

TEST_CASE_METHOD(ToolFixture, "a tool ends with its agent, also one that does not want to", "[guard]") {
  connect();
  const std::string file = folder / "state/child";
  run_tool({"/bin/sh", "-c",
            "trap '' TERM; (trap '' TERM; sleep 1000) & echo $! > " + file + "; wait; sleep 1000"});
  const pid_t child = told_by(file);
  const pid_t tool = status().process.pid;
  agent.reset();
  CHECK(run_until([tool, child] { return is_gone(tool) && is_gone(child); }, 30s));
  CHECK(run_until([this] { return has_guard_gone(); }, 30s));
}

TEST_CASE_METHOD(ToolFixture, "a base backup ends with its agent, and with it the child that it makes",
                 "[guard]") {
  const postgres::PostgresProcess server;
  connect();
  const auto conninfo = server.by_socket();
  run_tool({postgres::programs + "pg_basebackup", "-D", data, "-h", conninfo.at("host"), "-p", server.port(),
            "-U", "postgres", "-X", "stream", "-c", "fast", "-r", "32k"});
  const pid_t tool = status().process.pid;
  // Its second process receives WAL.
  const auto child_of = [](pid_t parent) {
    std::ifstream in("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    pid_t child = 0;
    in >> child;
    return child;
  };
  pid_t child = 0;
  REQUIRE(run_until([&] { return (child = child_of(tool)) > 0; }, 60s));
  agent.reset();
  CHECK(run_until([tool, child] { return is_gone(tool) && is_gone(child); }, 30s));
}

TEST_CASE_METHOD(ToolFixture, "single-user mode is a tool that the deadline ends", "[guard]") {
  make_data();
  connect();
  REQUIRE(arm(mine, loop::boot_now() + 60s) == Outcome::done);
  // Its standard input is empty, so it would end by itself: it waits in a command instead.
  const std::string command =
      "echo 'select pg_sleep(1000);' | " + postgres::programs + "postgres --single -D " + data + " postgres";
  run_tool({"/bin/sh", "-c", command});
  REQUIRE(run_until([this] { return left() == 1; }, 30s));
  REQUIRE(renew(mine, TimePoint{}) == Outcome::done);
  CHECK(run_until([this] { return left() == 0; }, 30s));
  CHECK(run_until_tool_ends());
}

TEST_CASE_METHOD(ToolFixture, "a request that is too long is refused here, and the next one goes",
                 "[guard]") {
  connect();
  GuardLaunch launch = tool_launch({"/bin/true"});
  launch.environment = {"LONG=" + std::string(longest_request, 'x')};
  std::optional<GuardClient::Answered> got;
  client().start(std::move(launch), std::nullopt, [&got](const auto& given) { got = given; });
  REQUIRE(got.has_value());
  REQUIRE_FALSE(got->has_value());
  CHECK(got->error().kind == GuardFailure::Kind::too_large);
  // What the guard cannot read is answered, too.
  launch = tool_launch({"/bin/true"});
  launch.environment = {std::string("A=\0B", 4)};
  CHECK(start(std::move(launch)) == Outcome::invalid);
  CHECK(start(tool_launch({"/bin/true"})) == Outcome::done);
  CHECK(run_until_tool_ends());
}

}  // namespace
}  // namespace tamada::guard
