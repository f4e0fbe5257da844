#include "common/process/process_watch.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "common/process/process_stat.h"
#include "tests/loop/common/process/child_fixture.h"
#include "tests/support/refused_calls.h"
#include "tests/support/temporary_folder.h"

namespace tamada {
namespace {

class KeptWatch final : public ProcessWatchCallbacks {
 public:
  void on_process_end() override {
    ++ends;
    if (on_any) on_any();
  }
  void on_process_unknown(const Error& why) override {
    unknown.push_back(why);
    if (on_any) on_any();
  }

  int ends = 0;
  std::vector<Error> unknown;
  std::function<void()> on_any;
  std::unique_ptr<ProcessWatch> watch;
};

// Processes that are somebody else's children: a shell's. They are gone when the shell is.
class WatchFixture : public ChildFixture {
 public:
  // Ignores SIGHUP, so that something may be sent to it.
  ProcessIdentity start_stranger() {
    start(shell_, shell("(trap '' HUP; exec sleep 1000) & tell $!; wait; echo gone; sleep 1000"));
    REQUIRE(run_until_line(shell_));
    const ProcessIdentity identity = told_by(shell_);
    // By then the signal is ignored.
    REQUIRE(run_until([&] { return read_process_stat(identity.pid)->name == "sleep"; }, 30s));
    return identity;
  }
  void watch(const ProcessIdentity& process) {
    kept.watch = std::make_unique<ProcessWatch>(loop, process, kept, options);
  }
  bool run_until_end() {
    return run_until([this] { return kept.ends > 0; }, 30s);
  }

  ProcessWatch::Options options{10ms, true, "/proc"};
  KeptWatch kept;

 private:
  KeptChild shell_;
};

TEST_CASE_METHOD(WatchFixture, "the end of somebody else's process is told once", "[process_watch]") {
  options.use_pidfd = GENERATE(true, false);
  const ProcessIdentity process = start_stranger();
  watch(process);
  CHECK(kept.watch->has_pidfd() == options.use_pidfd);
  run_for(50ms);
  CHECK(kept.ends == 0);
  ::kill(process.pid, SIGKILL);
  REQUIRE(run_until_end());
  run_for(50ms);
  CHECK(kept.ends == 1);
  CHECK(kept.unknown.empty());
  CHECK(kept.watch->process() == process);
  CHECK(*kept.watch->signal(SIGTERM) == ProcessWatch::Sent::has_ended);
}

TEST_CASE_METHOD(WatchFixture, "signals reach the process, whether it runs or stands still",
                 "[process_watch]") {
  options.use_pidfd = GENERATE(true, false);
  const ProcessIdentity process = start_stranger();
  watch(process);
  const auto state = [&process] { return read_process_stat(process.pid)->state; };
  CHECK(*kept.watch->signal(SIGHUP) == ProcessWatch::Sent::sent);  // before the first turn, too
  CHECK(*kept.watch->signal(SIGSTOP) == ProcessWatch::Sent::sent);
  REQUIRE(run_until([&] { return state() == 'T'; }, 30s));
  run_for(50ms);
  CHECK(kept.ends == 0);  // it has not ended
  CHECK(*kept.watch->signal(SIGCONT) == ProcessWatch::Sent::sent);
  REQUIRE(run_until([&] { return state() != 'T'; }, 30s));
  CHECK(*kept.watch->signal(SIGTERM) == ProcessWatch::Sent::sent);
  CHECK(run_until_end());
}

TEST_CASE_METHOD(WatchFixture, "a number that another process has by now is left in peace",
                 "[process_watch]") {
  options.use_pidfd = GENERATE(true, false);
  const ProcessIdentity process = start_stranger();
  watch({process.pid, process.start_time - 1});
  CHECK(kept.ends == 0);  // never from inside the constructor
  CHECK(*kept.watch->signal(SIGKILL) == ProcessWatch::Sent::has_ended);
  CHECK(kept.ends == 0);  // nor from signal()
  REQUIRE(run_until_end());
  CHECK(*kept.watch->signal(SIGKILL) == ProcessWatch::Sent::has_ended);
  CHECK(is_running(process));
  CHECK(kept.ends == 1);
}

TEST_CASE_METHOD(WatchFixture, "a process that has gone before is told to have ended", "[process_watch]") {
  options.use_pidfd = GENERATE(true, false);
  KeptChild child;
  run(child, shell("tell $$"));
  REQUIRE(all_are_reaped());
  watch(told_by(child));
  CHECK(*kept.watch->signal(SIGKILL) == ProcessWatch::Sent::has_ended);
  CHECK(kept.ends == 0);
  CHECK(run_until_end());
}

TEST_CASE_METHOD(WatchFixture, "a zombie has ended, though nobody reaps it", "[process_watch]") {
  options.use_pidfd = GENERATE(true, false);
  KeptChild parent;
  // What the shell has become does not wait for its children.
  start(parent, shell("sleep 1000 & tell $!; exec sleep 1000"));
  REQUIRE(run_until_line(parent));
  const ProcessIdentity process = told_by(parent);
  REQUIRE(run_until([&] { return read_process_stat(parent.process->pid())->name == "sleep"; }, 30s));
  watch(process);
  run_turns();
  ::kill(process.pid, SIGKILL);
  REQUIRE(run_until_end());
  CHECK(read_process_stat(process.pid)->state == 'Z');
  CHECK(identify_process(process.pid)->has_value() == false);
  CHECK(*kept.watch->signal(SIGTERM) == ProcessWatch::Sent::has_ended);
  // Nor is a zombie waited for that was one from the beginning.
  kept.ends = 0;
  watch(process);
  CHECK(*kept.watch->signal(SIGTERM) == ProcessWatch::Sent::has_ended);
  CHECK(run_until_end());
}

TEST_CASE_METHOD(WatchFixture, "what cannot be seen is unknown, and never an end", "[process_watch]") {
  const TemporaryFolder proc;  // where nothing is mounted
  options.proc = proc.path();
  options.use_pidfd = GENERATE(true, false);
  const ProcessIdentity process = start_stranger();
  const std::string number = std::to_string(process.pid);
  const auto show = [&] {
    std::filesystem::create_directories(proc / number);
    std::ifstream real("/proc/" + number + "/stat");
    std::ofstream(proc / (number + "/.stat")) << real.rdbuf();
    std::filesystem::rename(proc / (number + "/.stat"), proc / (number + "/stat"));
  };

  watch(process);
  CHECK(kept.unknown.empty());
  REQUIRE(run_until([&] { return !kept.unknown.empty(); }, 30s));
  run_for(50ms);
  CHECK(kept.ends == 0);
  REQUIRE(kept.unknown.size() == 1);
  CHECK(kept.unknown[0].kind == ErrorKind::unavailable);
  CHECK(kept.unknown[0].message ==
        "cannot tell whether process " + number + " is the one it was: " + proc.path() + "/" + number +
            "/stat: no such file or directory (ENOENT); mount /proc, without hidepid= or "
            "with gid= of a group that this process is in");
  const auto sent = kept.watch->signal(SIGKILL);
  REQUIRE_FALSE(sent.has_value());
  CHECK(sent.error().kind == ErrorKind::unavailable);
  CHECK(identify_process(process.pid, proc.path()).error().kind == ErrorKind::unavailable);
  CHECK(is_running(process));

  SECTION("it is seen again, and hidden again") {
    show();
    // Once it was compared, a pidfd needs no further look.
    REQUIRE(run_until([&] { return kept.watch->signal(SIGHUP).has_value(); }, 30s));
    run_for(50ms);
    std::filesystem::remove(proc / (number + "/stat"));
    run_for(50ms);
    CHECK(kept.unknown.size() == (options.use_pidfd ? 1 : 2));
    CHECK(kept.watch->signal(SIGHUP).has_value() == options.use_pidfd);
    CHECK(kept.ends == 0);
  }
  SECTION("it ends all the same, and its number is nobody's") {
    ::kill(process.pid, SIGKILL);
    CHECK(run_until_end());
  }
}

TEST_CASE("where a filter refuses pidfds, the process is looked at", "[process_watch]") {
  const int code = GENERATE(ENOSYS, EPERM);
  const bool may_open = GENERATE(false, true);
  bool refused = false;
  bool has_pidfd = !may_open;
  bool is_sent = false;
  bool has_ended = false;
  on_own_thread([&] {
    WatchFixture fixture;
    const ProcessIdentity process = fixture.start_stranger();
    refused = may_open ? refuse_calls({SYS_pidfd_send_signal}, code)
                       : refuse_calls({SYS_pidfd_open, SYS_pidfd_send_signal}, code);
    fixture.watch(process);
    has_pidfd = fixture.kept.watch->has_pidfd();
    fixture.run_turns();
    const auto sent = fixture.kept.watch->signal(SIGTERM);
    is_sent = sent && *sent == ProcessWatch::Sent::sent;
    has_ended = fixture.run_until_end();
  });
  REQUIRE(refused);
  CHECK(has_pidfd == may_open);
  CHECK(is_sent);
  CHECK(has_ended);
}

TEST_CASE("who may not send a signal is told so", "[process_watch]") {
  if (::geteuid() != 0) {
    WARN("not run: only root can become somebody who may not");
    return;
  }
  const bool use_pidfd = GENERATE(true, false);
  std::optional<Result<ProcessWatch::Sent>> sent;
  bool is_left = false;
  on_own_thread([&] {
    WatchFixture fixture;
    fixture.options.use_pidfd = use_pidfd;
    const ProcessIdentity process = fixture.start_stranger();
    fixture.watch(process);
    // Of this thread only: glibc's setresuid(2) would do it for all.
    const bool is_nobody = ::syscall(SYS_setresuid, 65534, 65534, 0) == 0;
    if (is_nobody) sent = fixture.kept.watch->signal(SIGTERM);
    static_cast<void>(::syscall(SYS_setresuid, 0, 0, 0));
    is_left = is_running(process);
  });
  REQUIRE(sent.has_value());
  REQUIRE_FALSE(sent->has_value());
  CHECK(sent->error().kind == ErrorKind::denied);
  CHECK(sent->error().message.find("operation not permitted (EPERM)") != std::string::npos);
  CHECK(is_left);
}

TEST_CASE_METHOD(WatchFixture, "a watch may be destroyed at any time", "[process_watch]") {
  const TemporaryFolder proc;
  options.use_pidfd = GENERATE(true, false);
  const ProcessIdentity process = start_stranger();
  SECTION("before its first look") {
    watch({process.pid, process.start_time - 1});
    kept.watch.reset();
    run_for(50ms);
    CHECK(kept.ends == 0);
    return;
  }
  kept.on_any = [this] { kept.watch.reset(); };
  SECTION("in the end of a process that was another's") {
    watch({process.pid, process.start_time - 1});
  }
  SECTION("in the end") {
    watch(process);
    run_for(30ms);
    ::kill(process.pid, SIGKILL);
  }
  SECTION("when it cannot know") {
    options.proc = proc.path();
    watch(process);
  }
  REQUIRE(run_until([this] { return kept.watch == nullptr; }, 30s));
  run_for(30ms);
  CHECK(kept.ends + static_cast<int>(kept.unknown.size()) == 1);
}

TEST_CASE("a number that nobody has is no process", "[process_watch]") {
  // pid_max is at most 2^22 (proc(5)).
  const auto none = identify_process((1 << 22) + 1);
  REQUIRE(none.has_value());
  CHECK_FALSE(none->has_value());
  const auto mine = identify_process(::getpid());
  REQUIRE(mine->has_value());
  CHECK((*mine)->pid == ::getpid());
  CHECK((*mine)->start_time == read_process_stat(::getpid())->start_time);
}

}  // namespace
}  // namespace tamada
