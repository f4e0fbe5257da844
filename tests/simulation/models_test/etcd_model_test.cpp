#include <catch2/catch.hpp>

#include "tests/simulation/models_test/etcd_world.h"

using namespace tamada;
using namespace tamada::simulation;
using etcd::Scope;

TEST_CASE("a request takes its way there and back, and a lost answer was carried out", "[etcd model]") {
  EtcdWorld world;
  const auto told = world.put({0, 3ms, 4ms}, "/a", "1");
  world.scheduler.run_for(2ms);
  CHECK_FALSE(world.has("/a"));
  world.scheduler.run_for(1ms);
  CHECK(world.has("/a"));
  CHECK_FALSE(*told);
  world.scheduler.run_for(4ms);
  REQUIRE(*told);
  CHECK((*told)->value().header.revision == 2);

  const auto lost = world.put({.member = 0, .request_lost = true}, "/b", "1");
  const auto unknown = world.put({.member = 0, .answer_lost = true}, "/c", "1");
  world.scheduler.run_for(60s);
  CHECK_FALSE(*lost);
  CHECK_FALSE(*unknown);
  CHECK_FALSE(world.has("/b"));
  CHECK(world.has("/c"));
}

TEST_CASE("a lease ends with its keys after its time, and not before", "[etcd model]") {
  EtcdWorld world;
  const std::int64_t id = world.grant(10);
  (void)world.put({0}, "/a", "1", id);
  world.scheduler.run_for(9s);
  CHECK((*[&] {
          auto told = world.keep_alive({world.follower()}, id);
          world.scheduler.run_for(0s);
          return told;
        }())
            ->value()
            .ttl == 10);
  world.scheduler.run_for(9900ms);
  CHECK(world.has("/a"));
  world.scheduler.run_for(600ms);
  CHECK_FALSE(world.has("/a"));
  const auto gone = world.keep_alive({0}, id);
  world.scheduler.run_for(0s);
  CHECK((*gone)->value().ttl == 0);
}

TEST_CASE("a lease has a floor of one and a half election timeouts", "[etcd model]") {
  EtcdWorld world;
  auto told = EtcdWorld::answer<etcd::LeaseReply>();
  world.model.lease_grant({0}, 1, EtcdWorld::into(told));
  world.scheduler.run_for(0s);
  CHECK((*told)->value().ttl == 2);
}

TEST_CASE("a keep-alive of a lease that has just ended waits until it is revoked", "[etcd model]") {
  EtcdWorld world;
  const std::int64_t id = world.grant(10);
  world.scheduler.run_for(10s);
  const auto late = world.keep_alive({0}, id);
  world.scheduler.run_for(0s);
  CHECK_FALSE(*late);
  world.scheduler.run_for(500ms);
  REQUIRE(*late);
  CHECK((*late)->value().ttl == 0);
}

TEST_CASE("a new leader gives every lease its whole time anew", "[etcd model]") {
  EtcdWorld world;
  const std::int64_t id = world.grant(10);
  (void)world.put({0}, "/a", "1", id);
  world.scheduler.run_for(9s);
  const std::uint64_t term = world.model.term();
  world.model.kill(world.leader());
  world.scheduler.run_for(2s);
  REQUIRE(world.model.is_serving());
  CHECK(world.model.term() > term);
  world.scheduler.run_for(8s);
  CHECK(world.has("/a"));
  world.scheduler.run_for(5s);
  CHECK_FALSE(world.has("/a"));
}

TEST_CASE("a watch is told each change once, in order, and what was before from the start it names",
          "[etcd model]") {
  EtcdWorld world;
  (void)world.put({0}, "/s/a", "1");  // 2
  (void)world.put({0}, "/t", "1");    // 3
  (void)world.put({0}, "/s/b", "1");  // 4
  world.scheduler.run_for(0s);
  WatchTold told;
  const auto id = world.model.watch({1, 1ms, 1ms}, "/s/", Scope::prefix, 2, told.callbacks());
  world.scheduler.run_for(5ms);
  CHECK(told.words == "created +/s/a@2 +/s/b@4 ");
  world.model.remove({0}, {"/s/", Scope::prefix, {}}, [](const auto&) {});
  world.scheduler.run_for(5ms);
  CHECK(told.words == "created +/s/a@2 +/s/b@4 -/s/a@5 -/s/b@5 ");
  (void)world.put({0}, "/s/c", "1");
  world.scheduler.run_for(0s);
  world.model.cancel_watch(id);
  world.scheduler.run_for(5ms);
  CHECK(told.words == "created +/s/a@2 +/s/b@4 -/s/a@5 -/s/b@5 ");
}

TEST_CASE("a watch of a frozen member tells nothing, and all that happened once it is back", "[etcd model]") {
  EtcdWorld world;
  WatchTold told;
  const std::size_t member = world.follower();
  world.model.watch({member}, "/a", Scope::key, 0, told.callbacks());
  world.scheduler.run_for(0s);
  world.model.freeze(member);
  (void)world.put({world.leader()}, "/a", "1");
  (void)world.put({world.leader()}, "/a", "2");
  world.scheduler.run_for(10s);
  CHECK(told.words == "created ");
  world.model.thaw(member);
  world.scheduler.run_for(1s);
  CHECK(told.words == "created +/a@2 +/a@3 ");
}

TEST_CASE("a watch from before a compaction ends, and one that had caught up goes on", "[etcd model]") {
  EtcdWorld world;
  WatchTold standing;
  world.model.watch({0}, "/a", Scope::key, 1, standing.callbacks());
  for (int i = 0; i < 5; ++i) (void)world.put({0}, "/b", "1");  // 2 .. 6
  world.scheduler.run_for(0s);
  world.model.compact({0}, 5, [](const auto& outcome) { CHECK(outcome); });
  world.scheduler.run_for(0s);
  WatchTold late;
  world.model.watch({0}, "/b", Scope::key, 4, late.callbacks());
  (void)world.put({0}, "/a", "1");
  (void)world.put({0}, "/b", "1");
  world.scheduler.run_for(0s);
  CHECK(late.words == "created compacted@5 ");
  CHECK(standing.words == "created +/a@7 ");
}
