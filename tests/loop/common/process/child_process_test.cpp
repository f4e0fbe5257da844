// A child's lines and its end, when it is left alone.
#include "common/process/child_process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>

#include "common/loop/loop_thread.h"
#include "common/process/descriptor_limit.h"
#include "tests/loop/common/process/child_fixture.h"
#include "tests/support/refused_calls.h"

namespace tamada {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE_METHOD(ChildFixture, "a child's lines come first, its end last, how it ended as a value",
                 "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("echo one; echo wrong >&2; echo; printf two; exit 7");
  options.use_pidfd = GENERATE(true, false);
  start(child, options);
  CHECK_FALSE(child.end.has_value());
  CHECK(child.out.empty());
  REQUIRE(run_until([&] { return child.end.has_value(); }, 30s));
  CHECK(child.out == Lines{"one", "", "two"});
  CHECK(child.error == Lines{"wrong"});
  CHECK(child.cut == 0);
  CHECK(child.end->kind == ChildEnd::Kind::exited);
  CHECK(child.end->status == 7);
  CHECK_FALSE(child.end->signal.has_value());
  CHECK_FALSE(child.end->is_success());
  run_turns();
}

TEST_CASE_METHOD(ChildFixture, "a child that dies of a signal says of which", "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("echo one; kill -USR1 $$; echo two");
  options.use_pidfd = GENERATE(true, false);
  run(child, options);
  CHECK(child.out == Lines{"one"});
  CHECK(child.end->kind == ChildEnd::Kind::signalled);
  CHECK(child.end->signal == SIGUSR1);
  CHECK_FALSE(child.end->status.has_value());
}

TEST_CASE_METHOD(ChildFixture, "a line that is too long is cut and said to be", "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo short");
  options.longest_line = 100;
  run(child, options);
  CHECK(child.out == Lines{std::string(100, 'x'), "short"});
  CHECK(child.cut == 1);
}

TEST_CASE_METHOD(ChildFixture, "everything written before the end is told", "[child_process]") {
  KeptChild child;
  run(child, shell("seq 1 50000; seq 1 20000 >&2"));
  REQUIRE(child.out.size() == 50000);
  CHECK(child.out.back() == "50000");
  REQUIRE(child.error.size() == 20000);
  CHECK(child.error.back() == "20000");
  CHECK(child.end->is_success());
}

TEST_CASE_METHOD(ChildFixture, "a child that floods keeps nobody waiting", "[child_process]") {
  KeptChild flood;
  KeptChild quiet;
  std::size_t lines = 0;
  flood.on_line = [&] {
    ++lines;
    flood.out.clear();
  };
  start(flood, shell("exec yes"));
  REQUIRE(run_until([&] { return lines > 100'000; }, 30s));
  run(quiet, shell("echo here"));
  CHECK(quiet.end->is_success());
  CHECK_FALSE(flood.end.has_value());
  flood.process->cancel();
  REQUIRE(run_until([&] { return flood.end.has_value(); }, 30s));
  CHECK(flood.end->kind == ChildEnd::Kind::cancelled);
}

TEST_CASE_METHOD(ChildFixture, "who holds the output open is not waited for", "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("sleep 1000 & tell $!; exit 3");
  options.use_pidfd = GENERATE(true, false);
  SECTION("what is in the group is killed") {
    run(child, options);
    CHECK(run_until([&] { return !is_running(told_by(child)); }, 30s));
  }
  SECTION("or left alone, where that is wanted") {
    options.kills_rest = false;
    run(child, options);
    child.process.reset();
    run_turns();
    CHECK(is_running(told_by(child)));
    ::kill(told_by(child).pid, SIGKILL);
  }
  SECTION("who has left the group goes on") {
    // The shell ends once the other is in a session, thus a group, of its own.
    options = shell(
        "setsid sleep 1000 & tell $!; until [ $(cut -d' ' -f5 /proc/$!/stat) = $! ]; do :; done; exit 3");
    run(child, options);
    CHECK(is_running(told_by(child)));
    ::kill(told_by(child).pid, SIGKILL);
  }
  CHECK(child.end->kind == ChildEnd::Kind::exited);
  CHECK(child.end->status == 3);
}

TEST_CASE_METHOD(ChildFixture, "a child that closes its output has not ended", "[child_process]") {
  KeptChild child;
  start(child, shell("echo one; exec >&- 2>&-; exec sleep 1000"));
  REQUIRE(run_until_line(child));
  run_for(50ms);
  CHECK_FALSE(child.end.has_value());
  ::kill(child.process->pid(), SIGINT);
  REQUIRE(run_until([&] { return child.end.has_value(); }, 30s));
  CHECK(child.end->signal == SIGINT);
}

TEST_CASE_METHOD(ChildFixture, "where somebody else has reaped the child, its end is not known",
                 "[child_process]") {
  KeptChild child;
  ChildOptions options = shell("exec sleep 1000");
  options.use_pidfd = GENERATE(true, false);
  start(child, options);
  const pid_t pid = child.process->pid();
  SECTION("by waiting for it") {
    ::kill(pid, SIGKILL);
    REQUIRE(::waitpid(pid, nullptr, 0) == pid);
    REQUIRE(run_until([&] { return child.end.has_value(); }, 30s));
  }
  SECTION("by ignoring SIGCHLD") {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    ::kill(pid, SIGKILL);
    const bool ended = run_until([&] { return child.end.has_value(); }, 30s);
    std::signal(SIGCHLD, before);
    REQUIRE(ended);
  }
  CHECK(child.end->kind == ChildEnd::Kind::unknown);
  CHECK_FALSE(child.end->status.has_value());
  CHECK_FALSE(child.end->signal.has_value());
}

TEST_CASE_METHOD(ChildFixture, "many children leave neither zombies nor descriptors", "[child_process]") {
  const std::uint64_t before = open_descriptors();
  {
    std::vector<KeptChild> children(40);
    for (std::size_t i = 0; i < children.size(); ++i) {
      start(children[i], shell("echo " + std::to_string(i) + "; exit " + std::to_string(i)));
    }
    REQUIRE(run_until(
        [&] {
          return std::all_of(children.begin(), children.end(),
                             [](const KeptChild& child) { return child.end.has_value(); });
        },
        30s));
    for (std::size_t i = 0; i < children.size(); ++i) {
      CHECK(children[i].out == Lines{std::to_string(i)});
      CHECK(children[i].end->status == static_cast<int>(i));
    }
  }
  CHECK(all_are_reaped());
  CHECK(open_descriptors() == before);
}

TEST_CASE("where pidfds are refused, children are ended and reaped all the same", "[child_process]") {
  const int code = GENERATE(ENOSYS, EPERM);
  bool refused = false;
  std::optional<ChildEnd> ended;
  std::optional<ChildEnd> cancelled;
  bool reaped = false;
  on_own_thread([&] {
    refused = refuse_calls({SYS_pidfd_open}, code);
    ChildFixture fixture;
    KeptChild first;
    fixture.run(first, ChildFixture::shell("exit 9"));
    ended = first.end;
    KeptChild second;
    fixture.start(second, ChildFixture::shell("exec sleep 1000"));
    second.process->cancel();
    fixture.run_until([&] { return second.end.has_value(); }, 30s);
    cancelled = second.end;
    KeptChild third;
    fixture.start(third, ChildFixture::shell("exec sleep 1000"));
    third.process.reset();
    reaped = fixture.all_are_reaped();
  });
  REQUIRE(refused);
  CHECK(ended->status == 9);
  CHECK(cancelled->kind == ChildEnd::Kind::cancelled);
  CHECK(reaped);
}

TEST_CASE_METHOD(ChildFixture, "children of several threads have no descriptors of each other",
                 "[child_process]") {
  constexpr int rounds = 20;
  const std::string script =
      "n=0; for fd in /proc/$$/fd/*; do readlink $fd >/dev/null && n=$((n+1)); done; echo $n";
  std::vector<std::unique_ptr<loop::LoopThread>> threads;
  std::vector<Lines> told(3);
  for (std::size_t i = 0; i < told.size(); ++i) {
    threads.push_back(std::make_unique<loop::LoopThread>("children"));
    threads.back()->start();
  }
  std::atomic<int> left{static_cast<int>(told.size()) * rounds};
  std::vector<std::vector<std::unique_ptr<KeptChild>>> children(told.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    loop::Loop& theirs = threads[i]->loop();
    theirs.post([&, i] {
      for (int n = 0; n < rounds; ++n) {
        KeptChild& child = *children[i].emplace_back(std::make_unique<KeptChild>());
        child.on_end = [&] { --left; };
        child.process = std::make_unique<ChildProcess>(theirs, *helper, shell(script), child);
      }
    });
  }
  CHECK(run_until([&] { return left == 0; }, 30s));
  for (std::size_t i = 0; i < told.size(); ++i) {
    threads[i]->call([&] {
      for (const auto& child : children[i])
        told[i].insert(told[i].end(), child->out.begin(), child->out.end());
      children[i].clear();
    });
  }
  for (const Lines& lines : told) CHECK(lines == Lines(rounds, "3"));
}

}  // namespace
}  // namespace tamada
