// What a child finds when it starts, and what is said when it cannot start.
#include "common/process/child_start.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "common/process/descriptor_limit.h"
#include "tests/loop/common/process/child_fixture.h"
#include "tests/support/refused_calls.h"
#include "tests/support/temporary_folder.h"

namespace tamada {
namespace {

using Lines = std::vector<std::string>;

ChildOptions program(const std::string& path) {
  ChildOptions options;
  options.command.program = path;
  return options;
}

TEST_CASE_METHOD(ChildFixture, "a child has three descriptors and no other", "[child_start]") {
  // Not closed by execve(2), all over the numbers.
  std::vector<UniqueFd> open;
  for (const int least : {3, 4, 5, 100, 500}) {
    open.emplace_back(::fcntl(STDERR_FILENO, F_DUPFD, least));
    REQUIRE(open.back().is_open());
  }
  KeptChild child;
  // The shell's own, with which it reads the folder, is gone when the link is read.
  run(child, shell("for fd in /proc/$$/fd/*; do readlink $fd; done"));
  REQUIRE(child.out.size() == 3);
  CHECK(child.out[0] == "/dev/null");
  CHECK(child.out[1].starts_with("pipe:"));
  CHECK(child.out[2].starts_with("pipe:"));
  CHECK(child.out[1] != child.out[2]);
}

TEST_CASE("where a filter refuses close_range(2), the descriptors are closed one by one", "[child_start]") {
  bool refused = false;
  Lines lines;
  on_own_thread([&] {
    refused = refuse_calls({SYS_close_range}, EPERM);
    ChildFixture fixture;
    const UniqueFd open(::fcntl(STDERR_FILENO, F_DUPFD, 100));
    KeptChild child;
    fixture.run(child, ChildFixture::shell("for fd in /proc/$$/fd/*; do readlink $fd; done"));
    lines = child.out;
  });
  REQUIRE(refused);
  CHECK(lines.size() == 3);
}

TEST_CASE_METHOD(ChildFixture, "a child's signals are as at the beginning, whatever they are here",
                 "[child_start]") {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler = std::signal(SIGUSR2, SIG_IGN);
  KeptChild child;
  run(child, shell("exec grep -E '^Sig(Blk|Ign)' /proc/self/status"));
  std::signal(SIGUSR2, handler);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  REQUIRE(child.out.size() == 2);
  CHECK(child.out[0] == "SigBlk:\t0000000000000000");
  // 32 and 33 are glibc's own, which its posix_spawn(3) leaves ignored.
  const std::uint64_t ignored = std::stoull(child.out[1].substr(8), nullptr, 16);
  CHECK((ignored & ~(std::uint64_t{3} << 31)) == 0);
}

TEST_CASE_METHOD(ChildFixture, "a child leads a process group of its own", "[child_start]") {
  KeptChild child;
  start(child, shell("echo $$; cut -d' ' -f5 /proc/$$/stat"));
  const std::string pid = std::to_string(child.process->pid());
  REQUIRE(run_until([&] { return child.end.has_value(); }));
  CHECK(child.out == Lines{pid, pid});
  CHECK(child.process->pid() == 0);
}

TEST_CASE_METHOD(ChildFixture, "directory, environment, arguments and input are what was given",
                 "[child_start]") {
  KeptChild child;
  ChildOptions options = shell("");
  SECTION("the environment, and nothing else") {
    options = program("/usr/bin/env");
    options.command.environment = {"B=2", "A=with = and blanks "};
    run(child, options);
    CHECK(child.out == Lines{"B=2", "A=with = and blanks "});
  }
  SECTION("the directory, from which a relative path is seen") {
    const TemporaryFolder folder;
    std::ofstream(folder / "hello") << "#!/bin/sh\npwd; echo $#\n";
    ::chmod((folder / "hello").c_str(), 0700);
    options = program("./hello");
    options.command.directory = folder.path();
    run(child, options);
    CHECK(child.out == Lines{folder.path(), "0"});
  }
  SECTION("arguments, empty ones too, and the name it goes by") {
    options.command.arguments = {"-name", "-c", "echo \"$0|$1|$2\"", "x", "", "a b"};
    run(child, options);
    CHECK(child.out == Lines{"x||a b"});
  }
  SECTION("an input larger than a pipe") {
    options = shell("wc -c");
    options.command.input = std::string(1'000'000, 'x');
    run(child, options);
    CHECK(child.out == Lines{"1000000"});
  }
  SECTION("an input that is not read") {
    options.command.input = std::string(1'000'000, 'x');
    run(child, options);
  }
  SECTION("no input") {
    options = shell("cat; echo end");
    run(child, options);
    CHECK(child.out == Lines{"end"});
  }
  SECTION("the limit of open files") {
    options = shell("ulimit -Sn; ulimit -Hn");
    options.command.open_files = 77;
    run(child, options);
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(child.out == Lines{"77", std::to_string(limit.rlim_max)});
  }
  CHECK(child.error.empty());
  CHECK(child.end->is_success());
}

TEST_CASE_METHOD(ChildFixture, "only root may start a program as somebody else", "[child_start]") {
  KeptChild child;
  ChildOptions options = shell("id -u; id -g; id -G");
  options.command.directory = "/";
  options.command.user = ChildUser{65534, 65533, {65533, 7, 8}};
  run(child, options);
  if (::geteuid() == 0) {
    CHECK(child.out == Lines{"65534", "65533", "65533 7 8"});
    return;
  }
  REQUIRE(child.end->kind == ChildEnd::Kind::not_started);
  CHECK(child.end->failure->stage == StartStage::user);
  CHECK(child.end->failure->code == EPERM);
  CHECK(child.end->failure->words.find("only root") != std::string::npos);
}

TEST_CASE_METHOD(ChildFixture, "a program that cannot be started is told as a value and in words",
                 "[child_start]") {
  const TemporaryFolder folder;
  ChildOptions options = program(folder / "missing");
  StartStage stage = StartStage::program;
  int code = 0;
  std::string words;
  SECTION("it is not there") {
    code = ENOENT;
    words = "cannot start " + folder.path() + "/missing: execve: no such file or directory (ENOENT)";
  }
  SECTION("it may not be executed") {
    std::ofstream(folder / "missing") << "#!/bin/sh\n";
    code = EACCES;
    words = "execve: permission denied (EACCES)";
  }
  SECTION("its interpreter is not there") {
    std::ofstream(folder / "missing") << "#!/nonexistent/interpreter\n";
    ::chmod((folder / "missing").c_str(), 0700);
    code = ENOENT;
    words = "or the interpreter that its first line names is not there";
  }
  SECTION("it is no program") {
    std::ofstream(folder / "missing") << "nothing";
    ::chmod((folder / "missing").c_str(), 0700);
    code = ENOEXEC;
    words = "execve:";
  }
  SECTION("its directory is not there") {
    options.command.directory = folder / "gone";
    stage = StartStage::directory;
    code = ENOENT;
    words = "chdir " + folder.path() + "/gone: no such file or directory (ENOENT)";
  }
  SECTION("a NUL would cut an argument") {
    options.command.arguments = {"x", std::string("a\0b", 3)};
    stage = StartStage::helper;
    code = EINVAL;
    words = "a NUL byte";
  }
  SECTION("the arguments are too many for the kernel") {
    options.command.arguments = {"x", std::string(std::size_t{4} << 20, 'x')};
    stage = StartStage::helper;
    code = E2BIG;
    words = "posix_spawn of " + helper->path();
  }
  KeptChild child;
  start(child, options);
  CHECK_FALSE(child.end.has_value());  // never from inside the constructor
  REQUIRE(run_until([&] { return child.end.has_value(); }));
  REQUIRE(child.end->kind == ChildEnd::Kind::not_started);
  CHECK_FALSE(child.end->is_success());
  CHECK_FALSE(child.end->status.has_value());
  CHECK_FALSE(child.end->signal.has_value());
  REQUIRE(child.end->failure.has_value());
  CHECK(child.end->failure->stage == stage);
  CHECK(child.end->failure->code == code);
  INFO(child.end->failure->words);
  CHECK(child.end->failure->words.find(words) != std::string::npos);
  child.process->cancel();  // does nothing
  CHECK(all_are_reaped());
}

TEST_CASE_METHOD(ChildFixture, "where descriptors have run out, the answer says so", "[child_start]") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  // The lowest that is free.
  none.rlim_cur = static_cast<rlim_t>(UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)).get());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  KeptChild child;
  start(child, shell("true"));
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(run_until([&] { return child.end.has_value(); }));
  REQUIRE(child.end->kind == ChildEnd::Kind::not_started);
  CHECK(child.end->failure->stage == StartStage::helper);
  CHECK(child.end->failure->code == EMFILE);
}

TEST_CASE("where no process is to be had, the answer says so", "[child_start]") {
  bool refused = false;
  std::optional<ChildEnd> end;
  std::uint64_t descriptors_before = 0;
  std::uint64_t descriptors_after = 0;
  on_own_thread([&] {
    ChildFixture fixture;
#ifdef SYS_vfork
    refused = refuse_calls({SYS_clone, SYS_clone3, SYS_fork, SYS_vfork}, EAGAIN);
#else
    refused = refuse_calls({SYS_clone, SYS_clone3}, EAGAIN);
#endif
    descriptors_before = open_descriptors();
    KeptChild child;
    fixture.run(child, ChildFixture::shell("true"));
    descriptors_after = open_descriptors();
    end = child.end;
  });
  REQUIRE(refused);
  REQUIRE(end->kind == ChildEnd::Kind::not_started);
  CHECK(end->failure->stage == StartStage::helper);
  CHECK(end->failure->code == EAGAIN);
  CHECK(descriptors_after == descriptors_before);
}

TEST_CASE("the helper is found in a build tree and in an installation", "[exec_helper]") {
  const auto mine = ExecHelper::find();
  REQUIRE(mine.has_value());
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "bin");
  std::filesystem::create_directories(folder / "libexec/tamada");
  const std::string agent = folder / "bin/tamada-agent";
  const auto missing = ExecHelper::find_for(agent);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message == "tamada-exec, through which programs are started, is neither " +
                                       folder.path() + "/bin/tamada-exec nor " + folder.path() +
                                       "/bin/../libexec/tamada/tamada-exec; install it again");
  std::filesystem::copy_file(mine->path(), folder / "libexec/tamada/tamada-exec");
  CHECK(ExecHelper::find_for(agent)->path() == folder.path() + "/bin/../libexec/tamada/tamada-exec");
  std::filesystem::copy_file(mine->path(), folder / "bin/tamada-exec");
  CHECK(ExecHelper::find_for(agent + " (deleted)")->path() == folder / "bin/tamada-exec");
  ::chmod((folder / "bin/tamada-exec").c_str(), 0600);
  CHECK(ExecHelper::find_for(agent).error().message ==
        "cannot use " + folder.path() +
            "/bin/tamada-exec, through which programs are started: permission denied (EACCES)");
}

TEST_CASE_METHOD(ChildFixture, "a helper that is removed or replaced still starts programs",
                 "[exec_helper]") {
  const TemporaryFolder folder;
  const std::string path = folder / "tamada-exec";
  std::filesystem::copy_file(helper->path(), path);
  helper = std::make_unique<ExecHelper>(*ExecHelper::open(path));
  std::filesystem::remove(path);
  SECTION("removed") {}
  SECTION("replaced") {
    std::ofstream(path) << "another";
  }
  KeptChild child;
  run(child, shell("echo here"));
  CHECK(child.out == Lines{"here"});
}

TEST_CASE_METHOD(ChildFixture, "a helper that is broken is told", "[exec_helper]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "tamada-exec") << "not a program";
  ::chmod((folder / "tamada-exec").c_str(), 0700);
  helper = std::make_unique<ExecHelper>(*ExecHelper::open(folder / "tamada-exec"));
  KeptChild child;
  run(child, shell("true"));
  REQUIRE(child.end->kind == ChildEnd::Kind::not_started);
  CHECK(child.end->failure->stage == StartStage::helper);
  CHECK(child.end->failure->code == ENOEXEC);
  CHECK(child.end->failure->words.find(folder / "tamada-exec") != std::string::npos);
}

}  // namespace
}  // namespace tamada
