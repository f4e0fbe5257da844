#include "agent/postgres/formats/control_data.h"

#include <catch2/catch.hpp>

#include <string>

using namespace tamada::agent;

namespace {

// As PostgreSQL 15 prints it, in part.
const std::string replica = R"(pg_control version number:            1300
Catalog version number:               202209061
Database system identifier:           7713550957051643213
Database cluster state:               shut down in recovery
pg_control last modified:             Sun Nov 29 11:17:20 2026
Latest checkpoint location:           0/5000028
Latest checkpoint's REDO location:    0/4FFFF28
Latest checkpoint's REDO WAL file:    000000020000000000000004
Latest checkpoint's TimeLineID:       2
Latest checkpoint's PrevTimeLineID:   1
Latest checkpoint's oldestCommitTsXid:0
Minimum recovery ending location:     0/50000A0
Min recovery ending loc's timeline:   2
wal_level setting:                    replica
wal_log_hints setting:                on
max_connections setting:              400
max_worker_processes setting:         8
max_wal_senders setting:              10
max_prepared_xacts setting:           0
max_locks_per_xact setting:           64
Bytes per WAL segment:                16777216
Data page checksum version:           0
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("what pg_controldata of PostgreSQL 15 prints is read", "[control_data]") {
  const ControlData control = parse_control_data(replica);
  CHECK_FALSE(control.is_damaged);
  CHECK(control.control_version == 1300U);
  CHECK(control.system_identifier == 7713550957051643213U);
  CHECK(control.state == ClusterState::shut_down_in_recovery);
  CHECK(control.checkpoint == 0x5000028U);
  CHECK(control.redo == 0x4FFFF28U);
  CHECK(control.timeline == 2U);
  CHECK(control.previous_timeline == 1U);
  CHECK(control.min_recovery_end == 0x50000A0U);
  CHECK(control.min_recovery_end_timeline == 2U);
  CHECK(control.wal_log_hints == true);
  CHECK(control.data_checksum_version == 0U);
  CHECK(control.settings == ControlSettings{400, 8, 10, 0, 64});
  CHECK(control.wal_segment_size == std::uint64_t{16} << 20);
}

TEST_CASE("every state of a cluster is known by its word", "[control_data]") {
  for (const ClusterState state :
       {ClusterState::starting_up, ClusterState::shut_down, ClusterState::shut_down_in_recovery,
        ClusterState::shutting_down, ClusterState::in_crash_recovery, ClusterState::in_archive_recovery,
        ClusterState::in_production}) {
    const std::string word(name_of(state));
    CHECK(parse_control_data("Database cluster state: " + word + "\n").state == state);
  }
  CHECK(parse_control_data("Database cluster state: unrecognized status code\n").state ==
        ClusterState::unrecognized);
  CHECK(name_of(ClusterState::unrecognized) == "unrecognized");
}

TEST_CASE("warnings before the values and unknown lines change nothing", "[control_data]") {
  const ControlData control = parse_control_data(
      "perl: warning: Setting locale failed.\nDatabase system identifier\n:::\nsomething new:   1\r\n" +
      replica + "no newline at the end");
  CHECK(control == parse_control_data(replica));
}

TEST_CASE("Windows line ends and the order of lines change nothing", "[control_data]") {
  std::string text;
  for (const char c : replica) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(parse_control_data(text) == parse_control_data(replica));
}

TEST_CASE("translated output is unknown, not another cluster", "[control_data]") {
  const ControlData control = parse_control_data(
      "Номер версии pg_control:              1300\n"
      "Идентификатор системы баз данных:     7713550957051643213\n"
      "Состояние кластера БД:                в работе\n");
  CHECK(control == ControlData{});
}

TEST_CASE("a missing line is unknown, the others are known", "[control_data]") {
  const ControlData control =
      parse_control_data(with(replica, "Database system identifier:           7713550957051643213\n", ""));
  CHECK_FALSE(control.system_identifier);
  CHECK(control.timeline == 2U);
}

TEST_CASE("a value that cannot be read is unknown", "[control_data]") {
  CHECK_FALSE(parse_control_data("Database system identifier: 77x\n").system_identifier);
  CHECK_FALSE(parse_control_data("Database system identifier: -1\n").system_identifier);
  CHECK_FALSE(parse_control_data("Database system identifier: 0\n").system_identifier);
  CHECK_FALSE(parse_control_data("Database system identifier: 99999999999999999999\n").system_identifier);
  CHECK_FALSE(parse_control_data("Database system identifier:\n").system_identifier);
  CHECK_FALSE(parse_control_data("Latest checkpoint location: 0/0\n").checkpoint);
  CHECK_FALSE(parse_control_data("Bytes per WAL segment: 17\n").wal_segment_size);
  CHECK_FALSE(parse_control_data("wal_log_hints setting: да\n").wal_log_hints);
  CHECK_FALSE(parse_control_data("Database cluster state:\n").state);
}

TEST_CASE("a label that stands twice with different values is unknown", "[control_data]") {
  CHECK_FALSE(parse_control_data(replica + "Database system identifier: 1\n").system_identifier);
  CHECK(parse_control_data(replica + replica) == parse_control_data(replica));
}

TEST_CASE("of a damaged control file nothing is known but that", "[control_data]") {
  ControlData damaged;
  damaged.is_damaged = true;
  CHECK(parse_control_data("WARNING: Calculated CRC checksum does not match value stored in file.\n"
                           "Either the file is corrupt, or it has a different layout than this program\n"
                           "is expecting.  The results below are untrustworthy.\n\n" +
                           replica) == damaged);
  CHECK(parse_control_data(replica +
                           "pg_controldata: warning: calculated CRC checksum does not match value stored in "
                           "control file\n") == damaged);
  CHECK(parse_control_data("pg_controldata: warning: possible byte ordering mismatch\n" + replica) ==
        damaged);
}

TEST_CASE("nothing comes of nothing", "[control_data]") {
  CHECK(parse_control_data("") == ControlData{});
  CHECK(parse_control_data(std::string("\0\n:\n", 4)) == ControlData{});
}

TEST_CASE("rewinding needs hints in the log or checksums", "[control_data]") {
  ControlData control;
  CHECK_FALSE(allows_rewind(control).has_value());
  control.wal_log_hints = false;
  CHECK_FALSE(allows_rewind(control).has_value());
  control.data_checksum_version = 0;
  CHECK(allows_rewind(control) == false);
  control.data_checksum_version = 1;
  CHECK(allows_rewind(control) == true);
  control = {};
  control.wal_log_hints = true;
  CHECK(allows_rewind(control) == true);
}
