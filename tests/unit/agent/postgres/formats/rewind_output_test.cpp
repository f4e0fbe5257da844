#include "agent/postgres/formats/rewind_output.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

TEST_CASE("a missing segment is named", "[rewind_output]") {
  const RewindOutput told = parse_rewind_failure(
      "pg_rewind: servers diverged at WAL location 0/3000060 on timeline 1\n"
      "pg_rewind: error: could not open file \"/data/pg_wal/0000000A00006AA100000068\": No such file or "
      "directory\n"
      "pg_rewind: fatal: could not find previous WAL record at 6AA1/68000028\n");
  CHECK(told.failure == RewindFailure::missing_wal);
  CHECK(told.missing_segment == "0000000A00006AA100000068");
}

TEST_CASE("another missing file is no segment", "[rewind_output]") {
  for (const char* line :
       {"could not open file \"/data/pg_wal/00000002.history\": No such file or directory\n",
        "could not open file \"/data/base/1/0000000A00006AA100000068\": No such file or directory\n",
        "could not open file \"/data/pg_wal/0000000A00006AA100000068\": Permission denied\n",
        "could not open file \"0000000A00006AA100000068\": No such file or directory\n",
        "could not open file \""}) {
    INFO(line);
    CHECK(parse_rewind_failure(line) == RewindOutput{RewindFailure::other, std::nullopt});
  }
}

TEST_CASE("a leader that cannot be reached is told from data that cannot be read", "[rewind_output]") {
  for (const char* line :
       {"pg_rewind: error: connection to server at \"10.0.0.1\", port 5432 failed: Connection refused\n",
        "pg_rewind: error: could not execute query: server closed the connection unexpectedly\n",
        "pg_rewind: fatal: source server must not be in recovery mode\n",
        "pg_rewind: error: FATAL:  the database system is starting up\n"}) {
    INFO(line);
    CHECK(parse_rewind_failure(line).failure == RewindFailure::source_unavailable);
  }
}

TEST_CASE("an unclean target is told", "[rewind_output]") {
  CHECK(parse_rewind_failure("pg_rewind: fatal: target server must be shut down cleanly\n").failure ==
        RewindFailure::target_not_clean);
}

TEST_CASE("words that are not known are another failure", "[rewind_output]") {
  CHECK(parse_rewind_failure("") == RewindOutput{});
  CHECK(parse_rewind_failure("не удалось\n") == RewindOutput{});
}
