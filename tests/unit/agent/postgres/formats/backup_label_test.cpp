#include "agent/postgres/formats/backup_label.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

TEST_CASE("a backup label says where recovery begins", "[backup_label]") {
  const BackupLabel label = parse_backup_label(
      "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n"
      "CHECKPOINT LOCATION: 0/2000060\nBACKUP METHOD: streamed\nBACKUP FROM: standby\n"
      "START TIME: 2026-11-29 11:17:20 UTC\nLABEL: pg_basebackup base backup\nSTART TIMELINE: 3\n");
  CHECK(label.start == 0x2000028U);
  CHECK(label.checkpoint == 0x2000060U);
  CHECK(label.timeline == 3U);
  CHECK(label.from_standby == true);
  CHECK_FALSE(label.is_incremental);
}

TEST_CASE("an incremental backup is told as one", "[backup_label]") {
  CHECK(parse_backup_label("INCREMENTAL FROM LSN: 0/2000028\nINCREMENTAL FROM TLI: 1\n").is_incremental);
}

TEST_CASE("what cannot be read in a backup label is unknown", "[backup_label]") {
  CHECK(parse_backup_label("") == BackupLabel{});
  CHECK(parse_backup_label("START WAL LOCATION: here\nCHECKPOINT LOCATION:\nSTART TIMELINE: one\n"
                           "BACKUP FROM: nowhere") == BackupLabel{});
}
