#include "agent/postgres/formats/postmaster_pid.h"

#include <catch2/catch.hpp>

#include <string>

using namespace tamada::agent;

namespace {

const std::string ready =
    "4711\n/var/lib/postgresql/15/main\n1795950000\n5432\n/run/postgresql\n10.0.0.1\n  5432001    262146\n"
    "ready   \n";

}  // namespace

TEST_CASE("all lines of a running server's postmaster.pid are read", "[postmaster_pid]") {
  const PostmasterPid file = parse_postmaster_pid(ready);
  CHECK(file.pid == 4711);
  CHECK_FALSE(file.is_single_user);
  CHECK(file.data_directory == "/var/lib/postgresql/15/main");
  CHECK(file.start_time == 1795950000);
  CHECK(file.port == 5432);
  CHECK(file.socket_directory == "/run/postgresql");
  CHECK(file.listen_address == "10.0.0.1");
  CHECK(file.status == PostmasterStatus::ready);
}

TEST_CASE("the words of the status line are known", "[postmaster_pid]") {
  const std::string before = ready.substr(0, ready.find("ready"));
  CHECK(parse_postmaster_pid(before + "starting\n").status == PostmasterStatus::starting);
  CHECK(parse_postmaster_pid(before + "stopping\n").status == PostmasterStatus::stopping);
  CHECK(parse_postmaster_pid(before + "standby \n").status == PostmasterStatus::standby);
  CHECK(parse_postmaster_pid(before + "READY\n").status == PostmasterStatus::unrecognized);
  CHECK(parse_postmaster_pid(before + "\n").status == PostmasterStatus::unrecognized);
}

TEST_CASE("a line that no newline ends is not there yet", "[postmaster_pid]") {
  CHECK(parse_postmaster_pid("47") == PostmasterPid{});
  CHECK(parse_postmaster_pid("4711\n").pid == 4711);
  const PostmasterPid file = parse_postmaster_pid("4711\n/data\n1795950000\n54");
  CHECK(file.data_directory == "/data");
  CHECK(file.start_time == 1795950000);
  CHECK_FALSE(file.port);
  CHECK_FALSE(file.status);
  CHECK_FALSE(parse_postmaster_pid(ready.substr(0, ready.size() - 1)).status);
}

TEST_CASE("every cut of the file leaves only what is whole", "[postmaster_pid]") {
  const PostmasterPid whole = parse_postmaster_pid(ready);
  for (std::size_t size = 0; size < ready.size(); ++size) {
    const PostmasterPid file = parse_postmaster_pid(ready.substr(0, size));
    CHECK((!file.pid || file.pid == whole.pid));
    CHECK((!file.data_directory || file.data_directory == whole.data_directory));
    CHECK((!file.start_time || file.start_time == whole.start_time));
    CHECK((!file.port || file.port == whole.port));
    CHECK((!file.status || file.status == whole.status));
  }
}

TEST_CASE("a backend that runs alone has a negative number", "[postmaster_pid]") {
  const PostmasterPid file = parse_postmaster_pid("-4711\n/data\n");
  CHECK(file.pid == 4711);
  CHECK(file.is_single_user);
}

TEST_CASE("garbage is unknown", "[postmaster_pid]") {
  for (const std::string text : {"", "\n", "0\n/data\n", "abc\n/data\n", "4711x\n/data\n",
                                 "-2147483648\n/data\n", "99999999999\n/data\n", "47 11\n/data\n"}) {
    INFO(text);
    CHECK(parse_postmaster_pid(text) == PostmasterPid{});
  }
  const PostmasterPid file = parse_postmaster_pid("1\n" + std::string("a\0b", 3) + "\nx\n70000\n\n\n\n\n");
  CHECK(file.pid == 1);
  CHECK_FALSE(file.data_directory);
  CHECK_FALSE(file.start_time);
  CHECK_FALSE(file.port);
  CHECK(file.socket_directory == "");
}
