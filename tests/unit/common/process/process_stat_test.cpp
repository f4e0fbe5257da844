#include "common/process/process_stat.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace tamada {
namespace {

// As Linux 6.1 writes it, with this name and state.
std::string stat_text(const std::string& name, char state = 'S', int threads = 1) {
  return "4711 (" + name + ") " + state + " 4700 4690 4600 0 -1 4194560 2512 1 0 0 5 4 0 0 20 0 " +
         std::to_string(threads) +
         " 0 123456789 226615296 6912 18446744073709551615 1 1 0 0 0 0 0 4096 2 0 0 0 17 1 0 0 0 0 0 0 0 0 0 "
         "0 0 "
         "0 0\n";
}

TEST_CASE("the fields of /proc/PID/stat are found, whatever the process calls itself", "[process_stat]") {
  for (const char* name : {"postgres", "", "a b", ") S 1 (", "((", "x)\n 9 9", ")"}) {
    INFO(name);
    const auto stat = parse_process_stat(stat_text(name));
    REQUIRE(stat.has_value());
    CHECK(stat->pid == 4711);
    CHECK(stat->name == name);
    CHECK(stat->state == 'S');
    CHECK(stat->parent == 4700);
    CHECK(stat->group == 4690);
    CHECK(stat->threads == 1);
    CHECK(stat->start_time == 123456789);
    CHECK_FALSE(stat->has_ended());
  }
}

TEST_CASE("a zombie has ended, unless its other threads go on", "[process_stat]") {
  CHECK(parse_process_stat(stat_text("x", 'Z'))->has_ended());
  CHECK(parse_process_stat(stat_text("x", 'X'))->has_ended());
  CHECK_FALSE(parse_process_stat(stat_text("x", 'Z', 2))->has_ended());
  CHECK_FALSE(parse_process_stat(stat_text("x", 'T'))->has_ended());
  CHECK_FALSE(parse_process_stat(stat_text("x", 'D'))->has_ended());
}

TEST_CASE("what is no such text is refused", "[process_stat]") {
  const std::string whole = stat_text("postgres");
  const std::size_t behind = whole.find(" 226615296");  // the start time is the last that is read
  for (std::size_t length = 0; length < behind; ++length) {
    const auto stat = parse_process_stat(whole.substr(0, length));
    // Cut within the number, it is another number: the kernel gives the text whole.
    if (length > whole.find("123456789")) continue;
    INFO(whole.substr(0, length));
    CHECK_FALSE(stat.has_value());
  }
  CHECK(parse_process_stat(whole.substr(0, behind)).has_value());
  CHECK_FALSE(parse_process_stat("x (postgres) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1").has_value());
  CHECK_FALSE(parse_process_stat("1 (postgres) SS 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1").has_value());
  CHECK_FALSE(parse_process_stat("1 (postgres) S a 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1").has_value());
  CHECK_FALSE(
      parse_process_stat("99999999999 (postgres) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1").has_value());
}

TEST_CASE("the kernel tells of this process, and that there is none", "[process_stat]") {
  const auto mine = read_process_stat(::getpid());
  REQUIRE(mine.has_value());
  CHECK(mine->parent == ::getppid());
  CHECK(mine->group == ::getpgrp());
  CHECK(mine->start_time > 0);
  CHECK_FALSE(mine->has_ended());
  // pid_max is at most 2^22 (proc(5)), so nobody can have this number.
  CHECK(read_process_stat((1 << 22) + 1).error() == ENOENT);
}

TEST_CASE("what cannot be read is an error and no answer", "[process_stat]") {
  const TemporaryFolder proc;
  std::filesystem::create_directories(proc / "4711");
  CHECK(read_process_stat(4711, proc.path()).error() == ENOENT);
  std::ofstream(proc / "4711/stat") << "something else";
  CHECK(read_process_stat(4711, proc.path()).error() == EBADMSG);
  std::ofstream(proc / "4711/stat") << stat_text("postgres");
  CHECK(read_process_stat(4711, proc.path())->start_time == 123456789);
  std::filesystem::create_directories(proc / "4712");
  std::ofstream(proc / "4712/stat") << stat_text("another's");
  CHECK(read_process_stat(4712, proc.path()).error() == EBADMSG);
}

TEST_CASE("the others of a process group are found", "[process_stat]") {
  const TemporaryFolder proc;
  const auto add = [&proc](int pid, int group, char state) {
    std::filesystem::create_directories(proc / std::to_string(pid));
    std::ofstream(proc / (std::to_string(pid) + "/stat"))
        << pid << " (x) " << state << " 1 " << group << " 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 0";
  };
  CHECK_FALSE(group_has_others(500, proc / "missing").has_value());
  CHECK_FALSE(group_has_others(500, proc.path()).has_value());  // not mounted: not even we are there
  add(500, 500, 'Z');
  add(600, 1, 'S');
  CHECK(group_has_others(500, proc.path()) == false);
  add(501, 500, 'Z');
  CHECK(group_has_others(500, proc.path()) == false);
  add(502, 500, 'T');
  CHECK(group_has_others(500, proc.path()) == true);
  CHECK(group_has_others(::getpid()).has_value());
}

}  // namespace
}  // namespace tamada
