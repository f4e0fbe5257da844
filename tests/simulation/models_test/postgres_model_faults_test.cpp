// Processes, disks and lines that fail, and what is left after them.
#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include "tests/simulation/models_test/three_nodes.h"

using namespace tamada;
using namespace tamada::simulation;
using Which = RowLedger::Which;
using Names = std::vector<std::string>;

TEST_CASE("a session that ends while its commit waits leaves the row behind", "[postgres model]") {
  ThreeNodes world;
  world.a().set_sync_names({1, {"nobody"}});
  world.write(1);
  world.run(100ms);
  world.a().stop(StopMode::fast);
  world.run(2s);
  CHECK(world.outcome(1) == "unknown");
  CHECK(world.a().status().state == ServerState::down);
  CHECK(world.rows("a") == ThreeNodes::Rows{1});
  CHECK(world.rows("b") == ThreeNodes::Rows{1});
  CHECK(world.cluster.ledger().rows().empty());
}

TEST_CASE("a fast stop waits for a replica that does not answer until the connection is given up",
          "[postgres model]") {
  ThreeNodes world;
  world.b().freeze_all();
  world.run(1s);
  world.a().stop(StopMode::fast);
  world.run(30s);
  CHECK(world.a().status().state == ServerState::stopping);
  CHECK(world.a().control()->state == ControlState::shut_down);
  CHECK(world.c().log() == world.a().log());
  world.run(50s);
  CHECK(world.a().status().state == ServerState::down);
}

TEST_CASE("an interrupted rewind leaves a broken directory, an interrupted clone the old one",
          "[postgres model]") {
  ThreeNodes world;
  world.cut_both("a", "b");
  world.write(1);
  world.run(100ms);
  (void)world.b().promote();
  world.run(2s);
  world.a().stop(StopMode::immediate);
  world.cut.clear();
  REQUIRE(world.finish([&](auto done) { world.a().recover_single_user(done); }) == PostgresFault::none);
  const WalPoint log = world.a().log();

  std::optional<PostgresFault> ended;
  const auto done = [&](PostgresFault fault) { ended = fault; };
  world.a().clone("b", done);
  world.run(5s);
  CHECK(world.a().is_busy());
  CHECK(world.a().start(StartRole::standby) == PostgresFault::busy);
  world.a().interrupt();
  world.run(0s);
  CHECK(ended == PostgresFault::interrupted);
  CHECK(world.a().directory() == DirectoryState::whole);
  CHECK(world.a().log() == log);

  ended.reset();
  world.a().rewind("b", done);
  world.run(1s);
  world.b().kill_all();
  world.run(5s);
  CHECK(ended == PostgresFault::source_lost);
  CHECK(world.a().directory() == DirectoryState::broken);
  CHECK(world.a().start(StartRole::standby) == PostgresFault::directory_broken);
  CHECK_FALSE(world.a().control());
  CHECK(world.finish([&](auto then) { world.a().clone("c", then); }) == PostgresFault::none);
  CHECK(world.a().directory() == DirectoryState::whole);
}

TEST_CASE("what was not written is lost with the processes, what was not flushed with the power",
          "[postgres model]") {
  bool some_lost = false;
  bool some_kept = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ThreeNodes world(seed);
    world.a().stall_disk(true);
    for (RowNumber row = 1; row <= 10; ++row) world.write(row);
    world.run(10ms);
    world.a().lose_power();
    world.run(10ms);
    CHECK(world.outcome(1) == "waits");  // nobody tells the client
    const std::size_t kept = world.rows("a").size();
    some_lost = some_lost || kept < 10;
    some_kept = some_kept || kept > 0;
  }
  CHECK(some_lost);
  CHECK(some_kept);

  ThreeNodes world;
  world.write(1);
  world.run(10ms);
  world.a().kill_all();
  CHECK(world.rows("a") == ThreeNodes::Rows{1});
  CHECK(world.a().start(StartRole::primary) == PostgresFault::none);
  CHECK(world.a().greet() == Greeting::starting_up);
  world.run(2s);
  CHECK(world.cluster.writable() == Names{"a"});
  CHECK(world.a().status().timeline == 1);
}

TEST_CASE("a backend's crash ends all sessions, and the same postmaster is writable again",
          "[postgres model]") {
  ThreeNodes world;
  const std::uint64_t postmaster = world.a().status().postmaster;
  world.a().crash_backend();
  CHECK(world.a().greet() == Greeting::starting_up);
  CHECK(world.a().status().in_recovery);
  CHECK_FALSE(world.a().is_in_recovery(world.session));
  world.run(1s);
  CHECK(world.cluster.writable() == Names{"a"});
  CHECK(world.a().status().postmaster == postmaster);
  CHECK(world.a().status().timeline == 1);
  world.run(10s);
  CHECK(world.a().status().senders.size() == 2);
}

TEST_CASE("the children of a dead postmaster go on to commit, until they notice or are ended",
          "[postgres model]") {
  ThreeNodes world;
  world.a().kill_postmaster(2s);
  CHECK(world.a().greet() == Greeting::refused);
  CHECK(world.a().start(StartRole::standby) == PostgresFault::orphans_in_the_way);
  CHECK(world.cluster.writable() == Names{"a"});
  world.write(1);
  world.run(100ms);
  CHECK(world.outcome(1) == "acknowledged");
  CHECK(world.rows("b").empty());
  // With synchronous replication nothing is acknowledged: the walsenders have gone.
  world.a().set_sync_names({1, {"b"}});
  world.write(2);
  world.run(1s);
  CHECK(world.outcome(2) == "waits");
  world.run(1s);
  CHECK(world.outcome(2) == "unknown");
  CHECK(world.cluster.writable().empty());
  CHECK(world.a().start(StartRole::standby) == PostgresFault::none);

  ThreeNodes swept;
  swept.a().kill_postmaster(20s);
  swept.a().kill_all();
  CHECK(swept.cluster.writable().empty());
  CHECK_FALSE(swept.a().has_orphans());
}

TEST_CASE("a frozen postmaster serves the sessions that it has, and does what it was told when it is thawed",
          "[postgres model]") {
  ThreeNodes world;
  world.a().freeze();
  CHECK(world.a().greet() == Greeting::hangs);
  CHECK(world.a().connect() == 0);
  world.write(1);
  world.run(100ms);
  CHECK(world.outcome(1) == "acknowledged");
  CHECK(world.rows("b") == ThreeNodes::Rows{1});
  world.a().stop(StopMode::fast);
  world.run(60s);
  CHECK(world.cluster.writable() == Names{"a"});
  world.a().thaw();
  world.run(5s);
  CHECK(world.a().status().state == ServerState::down);
}

TEST_CASE("when everything is frozen nothing happens, and all of it when it is thawed", "[postgres model]") {
  ThreeNodes world;
  world.a().freeze_all();
  world.write(1);
  world.run(30s);
  CHECK(world.outcome(1) == "waits");
  CHECK(world.b().status().receiver_runs);
  world.a().thaw_all();
  world.run(100ms);
  CHECK(world.outcome(1) == "acknowledged");
  // Longer than its replicas wait: they have given the connection up.
  world.a().freeze_all();
  world.run(90s);
  CHECK_FALSE(world.b().status().receiver_runs);
}

TEST_CASE("a stalled disk holds commits and receivers, a full one ends the server", "[postgres model]") {
  ThreeNodes world;
  world.a().stall_disk(true);
  world.write(1);
  world.run(30s);
  CHECK(world.outcome(1) == "waits");
  CHECK(world.a().greet() == Greeting::answers);
  world.a().stall_disk(false);
  world.run(100ms);
  CHECK(world.outcome(1) == "acknowledged");

  world.b().stall_disk(true);
  world.b().set_upstream("");
  world.b().terminate_receiver();
  world.run(10s);
  CHECK(world.b().status().receiver_runs);
  world.b().stall_disk(false);
  world.run(100ms);
  CHECK_FALSE(world.b().status().receiver_runs);

  world.a().fill_disk(true);
  world.write(2);
  world.run(5s);
  CHECK(world.outcome(2) == "unknown");
  CHECK(world.a().status().state == ServerState::down);
  CHECK(world.a().start(StartRole::primary) == PostgresFault::disk_full);
}

TEST_CASE("a receiver that was ended comes back, unless its upstream was taken away", "[postgres model]") {
  ThreeNodes world;
  world.b().terminate_receiver();
  world.run(100ms);
  CHECK_FALSE(world.b().status().receiver_runs);
  world.run(6s);
  CHECK(world.b().status().receiver_runs);
  const Lsn before = world.b().status().received;
  world.b().set_upstream("");
  world.b().terminate_receiver();
  world.run(100ms);
  world.write(1);
  world.run(20s);
  CHECK_FALSE(world.b().status().receiver_runs);
  CHECK(world.b().status().received == before);
  CHECK(world.a().status().senders.size() == 1);
}

TEST_CASE("a receiver outlives its setting while the startup process holds records back",
          "[postgres model]") {
  ThreeNodes world;
  world.b().times().apply_delay = 60s;
  world.write(1);
  world.run(1s);
  CHECK(world.b().status().received > world.b().status().replayed);
  world.b().set_upstream("");
  world.run(10s);
  CHECK(world.b().status().receiver_runs);
  world.run(60s);
  CHECK(world.b().status().received == world.b().status().replayed);
  CHECK_FALSE(world.b().status().receiver_runs);
}

TEST_CASE("one way cut is enough to hold a synchronous commit, and it goes on when it is healed",
          "[postgres model]") {
  ThreeNodes world;
  world.a().set_sync_names({1, {"b"}});
  world.cut.insert("ba");
  world.write(1);
  world.run(10s);
  CHECK(world.outcome(1) == "waits");
  CHECK(world.rows("b") == ThreeNodes::Rows{1});
  world.cut.clear();
  world.run(2s);
  CHECK(world.outcome(1) == "acknowledged");
}

TEST_CASE("whatever happens to servers, a covered row is on who covered it, and a seed gives one history",
          "[postgres model]") {
  const auto history = [](std::uint64_t seed) {
    ThreeNodes world(seed);
    Random random(seed);
    world.a().set_sync_names({1, {"b", "c"}});
    std::string words;
    RowNumber row = 0;
    for (int i = 0; i < 400; ++i) {
      PostgresModel& node = *world.cluster.nodes()[static_cast<std::size_t>(random.below(3))];
      switch (random.below(16)) {
        case 0:
          random.chance(1, 2) ? node.freeze_all() : node.freeze();
          break;
        case 1:
        case 2:
          node.thaw_all();
          node.thaw();
          break;
        case 3:
          node.stop(random.chance(1, 2) ? StopMode::fast : StopMode::immediate);
          break;
        case 4:
          node.crash_backend();
          break;
        case 5:
          node.kill_postmaster(1s);
          break;
        case 6:
          // The disks of this world tell the truth.
          node.lose_power();
          break;
        case 7:
          node.stall_disk(random.chance(1, 3));
          break;
        case 8:
        case 9:
        case 10:
          (void)node.start(node.name() == "a" ? StartRole::primary : StartRole::standby);
          break;
        default:
          for (int k = 0; k < 5; ++k) {
            const auto session = world.a().connect();
            if (session != 0) world.write_to("a", session, ++row);
          }
      }
      world.run(random.between(0ms, 2000ms));
      for (const AcknowledgedRow& one : world.cluster.ledger().rows()) {
        for (const std::string& by : one.covered_by) {
          REQUIRE(world.cluster.book().contains(world.at(by).log(), one.point));
        }
        REQUIRE(world.cluster.book().contains(world.a().log(), one.point));
      }
      words += std::to_string(world.cluster.ledger().rows().size()) + " ";
    }
    return words;
  };
  std::set<std::string> different;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const std::string once = history(seed);
    CHECK(once == history(seed));
    different.insert(once);
  }
  CHECK(different.size() == 12);
}
