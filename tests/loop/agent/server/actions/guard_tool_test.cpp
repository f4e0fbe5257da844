// Tools through the guard, from another thread, as actions run them.
#include <future>
#include <thread>

#include "tests/loop/agent/server/actions/actions_fixture.h"

namespace tamada::agent {
namespace {

using Kind = ChildEnd::Kind;

class ToolsFixture : public ActionsFixture {
 public:
  ToolRun shell(const std::string& text) {
    ToolRun run;
    run.call = {"sh", {"sh", "-c", text}, {{"PATH", "/usr/bin:/bin"}, {"WORD", "a b"}}, folder.path()};
    run.on_line = [this](std::string_view line) { lines.emplace_back(line); };
    return run;
  }
  // Turns the loop while the tool runs on a thread of its own.
  template <class Then>
  ToolEnd run_tool(const ToolRun& run, Then meanwhile) {
    std::stop_source stop;
    auto running = std::async(std::launch::async, [&, shared = hands->shared()] {
      GuardToolRunner tools_of_guard(*shared);
      return tools_of_guard.run(run, stop.get_token());
    });
    meanwhile(stop);
    CHECK(run_until([&] { return running.wait_for(std::chrono::seconds(0)) == std::future_status::ready; },
                    60s));
    return running.get();
  }
  ToolEnd run_tool(const ToolRun& run) {
    return run_tool(run, [](std::stop_source&) {});
  }
  pid_t told_pid() {
    pid_t pid = 0;
    REQUIRE(run_until([&] { return (std::ifstream(folder / "pid") >> pid) && pid > 0; }, 30s));
    return pid;
  }

  std::vector<std::string> lines;
};

TEST_CASE_METHOD(ToolsFixture, "a tool's lines and its end come back", "[actions]") {
  const ToolEnd end = run_tool(shell("echo $WORD; pwd >&2; printf last; exit 3"));
  CHECK(end.end.kind == Kind::exited);
  CHECK(end.end.status == 3);
  CHECK(lines == std::vector<std::string>{"a b", folder.path(), "last"});
  CHECK(end.output == "a b\n" + folder.path() + "\nlast\n");
  CHECK(end.error == end.output);
  // A lot of it, and another one right after.
  const ToolEnd second = run_tool(shell("seq 1 20000"));
  CHECK(second.is_success());
  CHECK(lines.back() == "20000");
}

TEST_CASE_METHOD(ToolsFixture, "a tool that cannot be started says so", "[actions]") {
  ToolRun run = shell("");
  run.call.program = "/nowhere/tool";
  const ToolEnd end = run_tool(run);
  CHECK(end.end.kind == Kind::not_started);
  CHECK(end.end.failure->code == ENOENT);
  run = shell("cat");
  run.input = "text";
  CHECK(run_tool(run).end.kind == Kind::not_started);
}

TEST_CASE_METHOD(ToolsFixture, "a tool that is cancelled ends with its group", "[actions]") {
  const ToolEnd end = run_tool(shell("sleep 1000 & echo $! > pid; wait"), [this](std::stop_source& stop) {
    told_pid();
    stop.request_stop();
  });
  CHECK(end.end.kind == Kind::cancelled);
  CHECK(run_until([this] { return is_gone(told_pid()); }, 30s));
  CHECK(status().process.kind == guard::ProcessKind::none);
}

TEST_CASE_METHOD(ToolsFixture, "a tool that does not want to end at its deadline is killed", "[actions]") {
  ToolRun run = shell("trap '' TERM; while true; do sleep 0.1; done");
  run.deadline = 200ms;
  const ToolEnd end = run_tool(run);
  CHECK(end.end.kind == Kind::deadline);
  CHECK(end.end.signal == SIGKILL);
}

TEST_CASE_METHOD(ToolsFixture, "a tool whose guard is lost ended in a way that is not known", "[actions]") {
  const ToolEnd end = run_tool(shell("echo $$ > pid; exec sleep 1000"), [this](std::stop_source&) {
    told_pid();
    ::kill(status().guard, SIGKILL);
  });
  CHECK(end.end.kind == Kind::unknown);
  CHECK(run_until([this] { return is_gone(told_pid()); }, 30s));
}

TEST_CASE_METHOD(ToolsFixture, "who waits for the guard is told when the agent ends", "[actions]") {
  const auto shared = hands->shared();
  auto waiting = std::async(std::launch::async, [&] {
    return shared->wait_until([](const guard::GuardStatus&) { return false; }, 60s, {});
  });
  run_for(50ms);
  agent->on_status = nullptr;
  runner.reset();
  hands.reset();
  const auto got = waiting.get();
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().kind == ErrorKind::closed);
  auto asking = std::async(std::launch::async, [&] { return shared->sweep({}); });
  run_until([&] { return asking.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }, 30s);
  const auto answered = asking.get();
  REQUIRE_FALSE(answered.has_value());
  CHECK(answered.error().kind == ErrorKind::closed);
}

}  // namespace
}  // namespace tamada::agent
