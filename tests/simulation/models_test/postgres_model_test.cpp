#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/simulation/models_test/three_nodes.h"

using namespace tamada;
using namespace tamada::simulation;
using Which = RowLedger::Which;
using Names = std::vector<std::string>;

TEST_CASE("the log's forks are told apart where timelines and positions are the same", "[wal]") {
  WalBook book;
  const WalPoint start = book.begin();
  const WalPoint one = book.append(start, WalRecord::Kind::row, 1);
  const WalPoint left = book.promote(one, 2);
  const WalPoint left_more = book.append(left, WalRecord::Kind::row, 2);
  const WalPoint right = book.promote(one, 2);
  const WalPoint right_more = book.append(right, WalRecord::Kind::row, 3);
  CHECK(book.lsn(left_more) == book.lsn(right_more));
  CHECK(book.timeline(left_more) == book.timeline(right_more));
  CHECK_FALSE(book.contains(left_more, right));
  CHECK(book.contains(left_more, one));
  CHECK(book.common(left_more, right_more) == one);
  CHECK(book.history(left_more) == std::vector<TimelineSwitch>{{1, book.lsn(one)}});
  CHECK(book.rows(right_more) == std::vector<RowNumber>{1, 3});
  // The last record was lost, another one was written in its place, on the same timeline.
  const WalPoint again = book.append(left, WalRecord::Kind::row, 4);
  CHECK(book.common(left_more, again) == left);
  CHECK(book.history(again).size() == 1);
  CHECK(book.at(left_more, book.lsn(left)) == left);
  CHECK(book.at(left_more, book.lsn(one) + 1) == one);
  CHECK(book.common(start, book.begin()) == std::nullopt);
}

TEST_CASE("a commit waits for the standbys that are asked for, and for those only", "[postgres model]") {
  ThreeNodes world;
  world.write(1);
  world.run(10ms);
  CHECK(world.outcome(1) == "acknowledged");
  CHECK(world.cluster.ledger().rows().back().covered_by.empty());

  world.a().set_sync_names({1, {"b", "c"}});
  world.write(2);
  world.run(1ms);
  CHECK(world.outcome(2) == "waits");
  world.run(10ms);
  CHECK(world.outcome(2) == "acknowledged");
  CHECK(world.cluster.ledger().rows().back().covered_by == Names{"b"});

  // The first one is frozen, and is waited for; the second one takes its place when it has gone.
  world.b().freeze_all();
  world.write(3);
  world.run(5s);
  CHECK(world.outcome(3) == "waits");
  world.a().terminate_sender("b");
  world.run(10ms);
  CHECK(world.outcome(3) == "acknowledged");
  CHECK(world.cluster.ledger().rows().back().covered_by == Names{"c"});

  world.c().kill_all();
  world.run(10ms);
  world.write(4);
  world.run(5s);
  CHECK(world.outcome(4) == "waits");
  world.a().set_sync_names({});
  world.run(1ms);
  CHECK(world.outcome(4) == "acknowledged");
  CHECK(world.cluster.ledger().rows().back().covered_by.empty());
  CHECK(world.cluster.with_everything(Which::all) == Names{"a"});
  CHECK(world.cluster.with_everything(Which::covered) == Names{"a", "c"});
}

TEST_CASE("any n standbys are as good as the first n where that is asked for", "[postgres model]") {
  ThreeNodes world;
  world.b().freeze_all();
  world.a().set_sync_names({1, {"b", "c"}, true});
  world.write(1);
  world.run(10ms);
  CHECK(world.outcome(1) == "acknowledged");
  world.a().set_sync_names({2, {"b", "c"}, true});
  world.write(2);
  world.run(1s);
  CHECK(world.outcome(2) == "waits");
  world.b().thaw_all();
  world.run(10ms);
  CHECK(world.outcome(2) == "acknowledged");
  world.a().set_sync_names({2, {"*"}});
  world.write(3);
  world.run(10ms);
  CHECK(world.cluster.ledger().rows().back().covered_by == Names{"b", "c"});
}

TEST_CASE("a fast stop gives its shutdown checkpoint to the replicas, an immediate one writes none",
          "[postgres model]") {
  ThreeNodes world;
  world.a().stop(StopMode::fast);
  world.run(2s);
  REQUIRE(world.a().status().state == ServerState::down);
  CHECK(world.a().control()->state == ControlState::shut_down);
  CHECK(world.b().log() == world.a().log());
  CHECK(world.c().status().replayed == world.a().control()->checkpoint);

  REQUIRE(world.a().start(StartRole::primary) == PostgresFault::none);
  world.run(10s);
  CHECK(world.a().status().senders.size() == 2);
  world.a().stop(StopMode::immediate);
  CHECK(world.a().status().state == ServerState::down);
  CHECK(world.a().control()->state == ControlState::in_production);
}

TEST_CASE("a promotion takes its time, makes a timeline, and replicas follow it", "[postgres model]") {
  ThreeNodes world;
  world.write(1);
  world.run(100ms);
  world.a().kill_all();
  world.run(100ms);
  CHECK(world.cluster.lost_with(world.b(), Which::all).empty());
  world.b().times().promotion = 1s;
  world.b().times().checkpoint = 5s;
  CHECK(world.b().promote() == PostgresFault::none);
  world.run(900ms);
  CHECK(world.cluster.writable().empty());
  CHECK(world.b().status().promoting);
  world.run(200ms);
  CHECK(world.cluster.writable() == Names{"b"});
  CHECK(world.b().status().timeline == 2);
  CHECK(world.b().history().size() == 1);
  CHECK(world.b().control()->checkpoint_timeline == 1);
  world.run(5s);
  CHECK(world.b().control()->checkpoint_timeline == 2);
  CHECK(world.b().promote() == PostgresFault::not_in_recovery);

  world.c().set_upstream("b");
  world.run(6s);
  CHECK(world.c().status().timeline == 2);
  const auto on_b = world.b().connect();
  world.b().set_sync_names({1, {"c"}});
  world.write_to("b", on_b, 2);
  world.run(10ms);
  CHECK(world.outcome(2) == "acknowledged");
  CHECK(world.cluster.ledger().rows().back().timeline == 2);
}

TEST_CASE("a rewind is needed after a fork, and makes the old leader follow", "[postgres model]") {
  ThreeNodes world;
  world.run(100ms);
  world.cut_both("a", "b");
  world.cut_both("a", "c");
  world.write(1);  // on the old leader only
  world.run(1s);
  CHECK(world.outcome(1) == "acknowledged");
  CHECK(world.cluster.lost_with(world.b(), Which::all).size() == 1);
  world.b().times().checkpoint = 20s;
  CHECK(world.b().promote() == PostgresFault::none);
  world.run(1s);
  CHECK(world.cluster.writable() == Names{"a", "b"});
  world.cut.clear();
  world.a().stop(StopMode::immediate);
  CHECK(world.a().needs_rewind(world.b()));

  // As a standby it does not stream: its log is not in the new leader's history.
  world.a().set_upstream("b");
  REQUIRE(world.a().start(StartRole::standby) == PostgresFault::none);
  world.run(20s);
  CHECK_FALSE(world.a().status().receiver_runs);
  world.a().stop(StopMode::immediate);

  CHECK(world.finish([&](auto done) { world.a().rewind("b", done); }) == PostgresFault::not_shut_down);
  CHECK(world.finish([&](auto done) { world.a().recover_single_user(done); }) == PostgresFault::none);
  CHECK(world.finish([&](auto done) { world.a().rewind("b", done); }) == PostgresFault::none);
  CHECK_FALSE(world.a().needs_rewind(world.b()));
  REQUIRE(world.a().start(StartRole::standby) == PostgresFault::none);
  world.run(6s);
  CHECK(world.a().greet() == Greeting::answers);
  CHECK(world.a().status().receiver_runs);
  CHECK(world.rows("a").empty());
}

TEST_CASE("a rewind finds nothing to do before the new leader's first checkpoint", "[postgres model]") {
  ThreeNodes world;
  world.cut_both("a", "b");
  world.write(1);
  world.run(1s);
  world.b().times().checkpoint = 200s;
  (void)world.b().promote();
  world.run(1s);
  world.c().kill_all();
  world.run(1s);
  world.a().terminate_sender("b");
  world.a().stop(StopMode::fast);
  world.run(2s);
  REQUIRE(world.a().status().state == ServerState::down);
  world.cut.clear();
  CHECK(world.a().needs_rewind(world.b()));
  CHECK(world.finish([&](auto done) { world.a().rewind("b", done); }) == PostgresFault::not_needed);
  world.run(200s);
  CHECK(world.finish([&](auto done) { world.a().rewind("b", done); }) == PostgresFault::none);
}

TEST_CASE("a server that was rewound is not open, nor promoted, before it has what its source had",
          "[postgres model]") {
  ThreeNodes world;
  world.cut_both("a", "b");
  world.cut_both("a", "c");
  world.write(1);
  world.run(100ms);
  (void)world.b().promote();
  world.run(2s);
  const auto on_b = world.b().connect();
  world.write_to("b", on_b, 2);
  world.run(100ms);
  world.a().stop(StopMode::immediate);
  world.cut.clear();
  REQUIRE(world.finish([&](auto done) { world.a().recover_single_user(done); }) == PostgresFault::none);
  REQUIRE(world.finish([&](auto done) { world.a().rewind("b", done); }) == PostgresFault::none);
  REQUIRE(world.a().start(StartRole::standby) == PostgresFault::none);
  world.run(2s);
  CHECK(world.a().greet() == Greeting::starting_up);
  CHECK(world.a().promote() == PostgresFault::not_consistent);
  world.a().set_upstream("b");
  world.run(1s);
  CHECK(world.a().greet() == Greeting::answers);
  CHECK(world.rows("a") == ThreeNodes::Rows{2});
}

TEST_CASE(
    "a disk that only says that it flushes loses what was acknowledged, and the log forks on its timeline",
    "[postgres model]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    ThreeNodes world(seed);
    world.a().lose_flushes(true);
    for (RowNumber row = 1; row <= 20; ++row) world.write(row);
    world.run(100ms);
    CHECK(world.outcome(20) == "acknowledged");
    world.a().lose_power();
    CHECK(world.rows("b").size() == 20);
    if (world.rows("a").size() == 20) continue;
    world.a().lose_flushes(false);
    REQUIRE(world.a().start(StartRole::primary) == PostgresFault::none);
    world.run(120s);
    CHECK(world.cluster.diverged_on_one_timeline(world.a(), world.b()));
    CHECK(world.a().status().senders.empty());
    return;
  }
  FAIL("no seed lost anything");
}

TEST_CASE("two servers that were promoted apart hold two histories of one timeline", "[postgres model]") {
  ThreeNodes world;
  world.a().kill_all();
  world.cut_both("b", "c");
  (void)world.b().promote();
  (void)world.c().promote();
  world.run(2s);
  CHECK(world.cluster.writable() == Names{"b", "c"});
  CHECK(world.b().status().timeline == world.c().status().timeline);
  CHECK(world.cluster.diverged_on_one_timeline(world.b(), world.c()));
  CHECK_FALSE(world.cluster.diverged_on_one_timeline(world.a(), world.c()));
}

TEST_CASE("a replica follows a replica, and gets what that one gets", "[postgres model]") {
  ThreeNodes world;
  world.c().set_upstream("b");
  world.run(6s);
  CHECK(world.a().status().senders.size() == 1);
  CHECK(world.b().status().senders.size() == 1);
  world.write(1);
  world.run(100ms);
  CHECK(world.rows("c") == ThreeNodes::Rows{1});
  // It is no synchronous standby of the leader.
  world.a().set_sync_names({1, {"c"}});
  world.write(2);
  world.run(10s);
  CHECK(world.outcome(2) == "waits");
  CHECK(world.rows("c") == ThreeNodes::Rows{1, 2});
}

TEST_CASE("a replica whose log was recycled does not stream, and a clone helps", "[postgres model]") {
  ThreeNodes world;
  world.b().kill_all();
  world.write(1);
  world.run(100ms);
  world.a().recycle_wal();
  REQUIRE(world.b().start(StartRole::standby) == PostgresFault::none);
  world.run(20s);
  CHECK_FALSE(world.b().status().receiver_runs);
  world.b().stop(StopMode::fast);
  world.run(1s);
  CHECK(world.b().control()->state == ControlState::shut_down_in_recovery);
  CHECK(world.finish([&](auto done) { world.b().clone("a", done); }) == PostgresFault::none);
  REQUIRE(world.b().start(StartRole::standby) == PostgresFault::none);
  world.run(2s);
  CHECK(world.b().status().receiver_runs);
}
