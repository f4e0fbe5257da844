// Real scripts that write what they are called with into a file.
#include "agent/server/callbacks/callback_queue.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "common/loop/clock.h"
#include "tests/loop/common/process/child_fixture.h"
#include "tests/support/temporary_folder.h"

namespace tamada::agent {
namespace {

using Lines = std::vector<std::string>;

class CallbackFixture : public ChildFixture {
 public:
  CallbackFixture() {
    ::setenv("PATRONI_SUPERUSER_PASSWORD", "secret", 1);
    ::setenv("CALLBACK_TEST", "inherited", 1);
    queue = std::make_unique<CallbackQueue>(loop, *helper, "batman",
                                            [this](const std::string& words) { told.push_back(words); });
  }
  // What was ended is reaped by the loop.
  ~CallbackFixture() { queue.reset(); }
  CallbackFixture(const CallbackFixture&) = delete;
  CallbackFixture& operator=(const CallbackFixture&) = delete;

  // A script of this name, whose path is returned. `log` is where said() reads.
  std::string script(const std::string& name, const std::string& body) {
    const std::string path = folder / name;
    std::ofstream(path) << "#!/bin/sh\nlog=" << log << "\n" << body << "\n";
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    return path;
  }
  [[nodiscard]] Lines said() const {
    Lines lines;
    std::ifstream in(log);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  bool run_until_said(std::size_t count) {
    return run_until([&] { return said().size() >= count; }, 30s);
  }
  // All five are `command`.
  void configure(const std::string& command) {
    queue->configure({command, command, command, command, command});
  }
  void finish(Duration limit) {
    queue->finish(limit, [this] { is_done = true; });
    CHECK_FALSE(is_done);
  }

  TemporaryFolder folder;
  const std::string log = folder / "log";
  Lines told;
  bool is_done = false;
  std::unique_ptr<CallbackQueue> queue;
};

TEST_CASE_METHOD(CallbackFixture, "callbacks are called in order, one after the other, with what happened",
                 "[callbacks]") {
  // Were two at work at once, the second would see the first one's file.
  const std::string path =
      script("cb", "mkdir $log.lock || echo twice >>$log; sleep 0.05; rmdir $log.lock; echo $* >>$log");
  configure(path + " 'two words' 5");
  queue->call(CallbackKind::on_start, "replica");
  queue->call(CallbackKind::on_role_change, "promoted");
  queue->call(CallbackKind::on_role_change, "demoted");
  queue->call(CallbackKind::on_role_change, "replica");
  queue->call(CallbackKind::on_restart, "replica");
  queue->call(CallbackKind::on_stop, "standby_leader");
  REQUIRE(run_until_said(6));
  CHECK(said() == Lines{"two words 5 on_start replica batman", "two words 5 on_role_change primary batman",
                        "two words 5 on_role_change demoted batman",
                        "two words 5 on_role_change replica batman", "two words 5 on_restart replica batman",
                        "two words 5 on_stop standby_leader batman"});
  CHECK(told.empty());
}

TEST_CASE_METHOD(CallbackFixture,
                 "a slow callback is not ended for the next one; only the newest on_reload waits",
                 "[callbacks]") {
  configure(
      script("cb", "while [ $1 = on_start ] && [ ! -e $log.go ]; do sleep 0.02; done; echo $1 $2 >>$log"));
  queue->call(CallbackKind::on_start, "replica");
  queue->call(CallbackKind::on_reload, "replica");
  queue->call(CallbackKind::on_role_change, "primary");
  queue->call(CallbackKind::on_reload, "primary");
  run_for(200ms);
  CHECK(said().empty());
  std::ofstream(log + ".go") << "go";
  REQUIRE(run_until_said(3));
  finish(30s);
  REQUIRE(run_until([&] { return is_done; }));
  CHECK(said() == Lines{"on_start replica", "on_role_change primary", "on_reload primary"});
  CHECK(told.empty());
}

TEST_CASE_METHOD(CallbackFixture, "an on_reload that hangs does not hold up a role change for ever",
                 "[callbacks]") {
  configure(script("cb", "[ $1 = on_reload ] && exec sleep 600; echo $1 >>$log"));
  queue->call(CallbackKind::on_reload, "replica");
  queue->call(CallbackKind::on_role_change, "primary");
  REQUIRE(run_until([&] { return !said().empty(); }, CallbackQueue::patience + 30s));
  CHECK(told == Lines{"callback on_reload (replica) was ended: others wait for it"});
}

TEST_CASE_METHOD(CallbackFixture, "what fails is told with its code, and the next one is called",
                 "[callbacks]") {
  const std::string good = script("good", "echo $1 >>$log");
  const std::string bad = script("bad", "echo first >&2; echo the reason >&2; exit 7");
  queue->configure({"no-such-command-anywhere", folder / "missing", bad, "'not closed", good});
  queue->call(CallbackKind::on_start, "replica");
  queue->call(CallbackKind::on_stop, "replica");
  queue->call(CallbackKind::on_restart, "replica");
  queue->call(CallbackKind::on_role_change, "replica");
  queue->call(CallbackKind::on_reload, "replica");
  REQUIRE(run_until_said(1));
  REQUIRE(told.size() == 4);
  // Its command is no command: told at once.
  CHECK_THAT(told[0], Catch::StartsWith("callback on_reload (replica) cannot be called: "));
  CHECK_THAT(told[1], Catch::StartsWith("callback on_start (replica) exited with status 127: ") &&
                          Catch::Contains("no-such-command-anywhere"));
  CHECK_THAT(told[2], Catch::StartsWith("callback on_stop (replica) could not be started: ") &&
                          Catch::Contains("missing"));
  CHECK(told[3] == "callback on_restart (replica) exited with status 7: the reason");
}

TEST_CASE_METHOD(CallbackFixture,
                 "the environment is the agent's without its secrets, commands are found in PATH",
                 "[callbacks]") {
  const std::string path = script("cb", "pwd >>$log; env >>$log; echo end >>$log");
  queue->configure({"sh " + path, "", "", "", ""});
  queue->call(CallbackKind::on_start, "replica");
  queue->call(CallbackKind::on_stop, "replica");  // there is none
  REQUIRE(run_until([&] { return !said().empty() && said().back() == "end"; }, 30s));
  const Lines lines = said();
  CHECK(lines.front() == std::filesystem::current_path());
  CHECK(std::count(lines.begin(), lines.end(), "CALLBACK_TEST=inherited") == 1);
  CHECK(std::none_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("secret") != std::string::npos || line.rfind("PATRONI_", 0) == 0;
  }));
  CHECK(told.empty());
}

TEST_CASE_METHOD(CallbackFixture, "the end waits for what runs and waits", "[callbacks]") {
  configure(script("cb", "sleep 0.1; echo $1 >>$log"));
  queue->call(CallbackKind::on_role_change, "demoted");
  queue->call(CallbackKind::on_stop, "demoted");
  finish(60s);
  queue->call(CallbackKind::on_role_change, "replica");
  REQUIRE(run_until([&] { return is_done; }, 40s));
  CHECK(said() == Lines{"on_role_change", "on_stop", "on_role_change"});
  queue->call(CallbackKind::on_start, "replica");
  CHECK(told == Lines{"callback on_start (replica) is not called: the agent ends"});
}

TEST_CASE_METHOD(CallbackFixture, "the end comes at once where nothing runs, and may destroy the queue",
                 "[callbacks]") {
  queue->finish(60s, [this] {
    queue.reset();
    is_done = true;
  });
  REQUIRE(run_until([&] { return is_done; }));
}

TEST_CASE_METHOD(CallbackFixture, "what does not end within the limit is ended, whatever it does about it",
                 "[callbacks]") {
  configure(script("cb", "trap '' TERM; echo $1 $$ >>$log; while :; do sleep 0.1; done"));
  queue->call(CallbackKind::on_stop, "primary");
  queue->call(CallbackKind::on_role_change, "demoted");
  REQUIRE(run_until_said(1));
  const TimePoint begin = loop::boot_now();
  finish(200ms);
  REQUIRE(run_until([&] { return is_done; }, 30s));
  CHECK(loop::boot_now() - begin >= 200ms);
  CHECK(told == Lines{"callback on_role_change (demoted) is not called: the agent ends",
                      "callback on_stop (primary) was ended: the agent ends"});
  int pid = 0;
  std::string action;
  std::istringstream(said().front()) >> action >> pid;
  REQUIRE(pid > 0);
  CHECK(::kill(pid, 0) != 0);
}

}  // namespace
}  // namespace tamada::agent
