#include "agent/server/watch/space_watch.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::agent;

TEST_CASE("a disk without room for a segment of the log is full", "[space_watch]") {
  CHECK(full_disk_words({{"/data", 1, SpaceWatch::least}, {"/data/pg_wal", 1, SpaceWatch::least}}).empty());
  CHECK(full_disk_words({{"/data", 1, 12 * 1024}}) == "the disk of /data is full: 12 kB are left");
  // What cannot be looked at is not full.
  CHECK(full_disk_words({}).empty());
}

TEST_CASE("a disk is named once, and each that is full", "[space_watch]") {
  CHECK(full_disk_words({{"/data", 1, 0}, {"/data/pg_wal", 1, 0}}) ==
        "the disk of /data is full: 0 kB are left");
  CHECK(full_disk_words({{"/data", 1, SpaceWatch::least}, {"/data/pg_wal", 2, 1024}}) ==
        "the disk of /data/pg_wal is full: 1 kB are left");
  CHECK(full_disk_words({{"/data", 1, 0}, {"/data/pg_wal", 2, 0}}) ==
        "the disk of /data is full: 0 kB are left; the disk of /data/pg_wal is full: 0 kB are left");
}

TEST_CASE("the space of what is there is told, and of nothing else", "[space_watch]") {
  CHECK(disk_space("/nowhere/at/all").empty());
  const auto disks = disk_space("/");
  REQUIRE(disks.size() == 1);
  CHECK(disks[0].folder == "/");
}
