// A child that is ended: at its deadline, by cancel(), by destruction.
#include <unistd.h>

#include <csignal>

#include "common/loop/clock.h"
#include "common/process/process_stat.h"
#include "tests/loop/common/process/child_fixture.h"

namespace tamada {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* ignores_term = "trap '' TERM; echo ready; while :; do sleep 0.1; done";

TEST_CASE_METHOD(ChildFixture, "a child is ended at its deadline", "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("exec sleep 1000");
  options.use_pidfd = GENERATE(true, false);
  options.deadline = 100ms;
  options.grace = 60min;
  const TimePoint before = loop::boot_now();
  run(child, options);
  CHECK(loop::boot_now() - before >= 100ms);
  CHECK(child.end->kind == ChildEnd::Kind::deadline);
  CHECK(child.end->signal == SIGTERM);
  CHECK_FALSE(child.end->is_success());
}

TEST_CASE_METHOD(ChildFixture, "a child at its deadline has its grace", "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.01; done");
  bool is_killed = false;
  options.grace = 60min;
  SECTION("and may end in its own way") {}
  SECTION("and is killed then") {
    options = shell(ignores_term);
    is_killed = true;
    options.grace = 100ms;
  }
  // A machine that is busy may need longer until the shell is ready for the signal.
  for (options.deadline = 100ms; child.out.empty() && options.deadline < 60s; *options.deadline *= 2) {
    child.end.reset();
    run(child, options);
  }
  CHECK(child.end->kind == ChildEnd::Kind::deadline);
  if (is_killed) {
    CHECK(child.end->signal == SIGKILL);
  } else {
    CHECK(child.out == Lines{"ready", "bye"});
    CHECK(child.end->status == 4);
  }
}

TEST_CASE_METHOD(ChildFixture, "a child that ends before its deadline has ended by itself",
                 "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("exit 0");
  options.deadline = 60min;
  run(child, options);
  CHECK(child.end->is_success());
}

TEST_CASE_METHOD(ChildFixture, "cancelling ends the whole group", "[child_process]") {
  const bool use_pidfd = GENERATE(true, false);  // before the sections, since Catch2 wants it so
  KeptChild child;
  ChildOptions options = shell("sleep 1000 & tell $!; echo ready; wait");
  bool stands_still = false;
  bool is_late = false;
  SECTION("with SIGTERM") {}
  SECTION("a program that stands still, too") {
    options = shell("sleep 1000 & tell $!; echo ready; kill -STOP $$");
    stands_still = true;
  }
  SECTION("the others have their time after the program has gone") {
    options = shell(
        "(trap 'sleep 0.2; echo late; exit' TERM; echo ready; while :; do sleep 0.01; done) & tell $!; wait");
    is_late = true;
  }
  options.use_pidfd = use_pidfd;
  options.grace = 60min;
  start(child, options);
  REQUIRE(run_until_line(child, 2));
  if (stands_still) {
    REQUIRE(run_until([&] { return read_process_stat(child.process->pid())->state == 'T'; }, 30s));
  }
  child.process->cancel();
  child.process->cancel();
  CHECK_FALSE(child.end.has_value());  // never from inside cancel()
  REQUIRE(run_until([&] { return child.end.has_value(); }, 30s));
  CHECK(child.end->kind == ChildEnd::Kind::cancelled);
  CHECK(child.end->signal == SIGTERM);
  CHECK(run_until([&] { return !is_running(told_by(child)); }, 30s));
  CHECK((child.out.back() == "late") == is_late);
}

TEST_CASE_METHOD(ChildFixture, "others that outlive the program are killed after the grace",
                 "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("(trap '' TERM; echo ready; exec sleep 1000) & tell $!; wait");
  options.use_pidfd = GENERATE(true, false);
  options.grace = 300ms;
  start(child, options);
  REQUIRE(run_until_line(child, 2));
  const TimePoint before = loop::boot_now();
  child.process->cancel();
  REQUIRE(run_until([&] { return child.end.has_value(); }, 30s));
  CHECK(loop::boot_now() - before >= 300ms);
  CHECK(child.end->signal == SIGTERM);
  CHECK(run_until([&] { return !is_running(told_by(child)); }, 30s));
}

TEST_CASE_METHOD(ChildFixture, "cancelling counts although the deadline comes in the grace",
                 "[child_process]") {
  KeptChild child;
  ChildOptions options = shell(ignores_term);
  options.deadline = 60min;
  options.grace = 50ms;
  start(child, options);
  REQUIRE(run_until_line(child));
  child.process->cancel();
  REQUIRE(run_until([&] { return child.end.has_value(); }, 30s));
  CHECK(child.end->kind == ChildEnd::Kind::cancelled);
  CHECK(child.end->signal == SIGKILL);
}

TEST_CASE_METHOD(ChildFixture, "destruction kills the group, tells nothing, and leaves no zombie",
                 "[child_process]") {
  KeptChild child;
  ChildOptions options = shell(std::string("sleep 1000 & tell $!; ") + ignores_term);
  options.use_pidfd = GENERATE(true, false);
  start(child, options);
  SECTION("at once, before it is the program") {
    child.process.reset();
  }
  SECTION("while it runs") {
    REQUIRE(run_until_line(child));
    const ProcessIdentity other = told_by(child);
    child.process.reset();
    CHECK(run_until([&] { return !is_running(other); }, 30s));
  }
  SECTION("while it is being cancelled") {
    REQUIRE(run_until_line(child));
    child.process->cancel();
    child.process.reset();
  }
  CHECK(all_are_reaped());
  run_turns();
  CHECK_FALSE(child.end.has_value());
}

TEST_CASE_METHOD(ChildFixture, "a child may be destroyed in each of its callbacks", "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("echo one; echo two; echo three");
  std::size_t at = 0;
  bool at_end = false;
  SECTION("in a line") {
    at = 1;
  }
  SECTION("in a line of many") {
    options = shell("exec yes");
    at = 1000;
  }
  SECTION("in the last, which has no newline") {
    options = shell("printf last");
    at = 1;
  }
  SECTION("at the end") {
    at_end = true;
  }
  SECTION("at the end of one that could not be started") {
    options.command.program = "/nonexistent";
    at_end = true;
  }
  SECTION("at the end of one that could not even begin to") {
    options.command.arguments.emplace_back("\0", 1);
    at_end = true;
  }
  child.on_line = [&] {
    if (child.out.size() == at) child.process.reset();
  };
  child.on_end = [&] {
    if (at_end) child.process.reset();
  };
  start(child, options);
  REQUIRE(run_until([&] { return child.process == nullptr; }, 30s));
  CHECK(child.end.has_value() == at_end);
  if (!at_end) CHECK(child.out.size() == at);
  CHECK(all_are_reaped());
}

TEST_CASE("a loop may end with children that are dying", "[child_process]") {
  const auto helper = ExecHelper::find();
  REQUIRE(helper.has_value());
  KeptChild child;
  pid_t pid = 0;
  {
    loop::Loop loop;
    child.process =
        std::make_unique<ChildProcess>(loop, *helper, ChildFixture::shell("exec sleep 1000"), child);
    pid = child.process->pid();
    SECTION("destroyed before") {
      child.process.reset();
    }
    SECTION("destroyed with the work that the loop had left") {
      loop.defer([owned = std::move(child.process)] {});
    }
    CHECK(loop.close().empty());
  }
  // Reaped here, unless it was dead at once.
  const pid_t reaped = ::waitpid(pid, nullptr, 0);
  CHECK((reaped == pid || (reaped == -1 && errno == ECHILD)));
}

}  // namespace
}  // namespace tamada
