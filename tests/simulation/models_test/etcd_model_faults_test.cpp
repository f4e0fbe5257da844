// Members that stop, are cut off or come back, full and slow disks, lost and restored data.
#include <catch2/catch.hpp>

#include <string>

#include "tests/simulation/models_test/etcd_world.h"

using namespace tamada;
using namespace tamada::simulation;
using etcd::Scope;

TEST_CASE("without a majority requests wait, time out, and may be carried out later", "[etcd model]") {
  int late = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EtcdWorld world({}, seed);
    const std::size_t leader = world.leader();
    world.model.kill((leader + 1) % 3);
    world.model.kill((leader + 2) % 3);
    const auto put = world.put({leader}, "/a", "1");
    const auto read = world.range({leader}, "/a");
    const auto old = world.range({leader}, "/a", true);
    world.scheduler.run_for(6900ms);
    CHECK_FALSE(*put);
    CHECK((*old)->value().kvs.empty());
    world.scheduler.run_for(200ms);
    REQUIRE(*put);
    CHECK((*put)->error().may_have_run);
    CHECK((*put)->error().fault == etcd::RpcFault::unavailable);
    CHECK((*put)->error().error.kind == ErrorKind::unavailable);
    REQUIRE(*read);
    CHECK_FALSE((*read)->has_value());
    CHECK_FALSE(world.has("/a"));
    world.model.start((leader + 1) % 3);
    world.scheduler.run_for(4s);
    REQUIRE(world.model.is_serving());
    if (world.has("/a")) ++late;
  }
  CHECK(late > 3);
  CHECK(late < 17);
}

TEST_CASE("a request that waits for a majority is carried out when there is one again", "[etcd model]") {
  EtcdWorld world;
  const std::size_t leader = world.leader();
  world.model.freeze((leader + 1) % 3);
  world.model.freeze((leader + 2) % 3);
  const auto put = world.put({leader}, "/a", "1");
  world.scheduler.run_for(500ms);
  world.model.thaw((leader + 1) % 3);
  world.scheduler.run_for(100ms);
  REQUIRE(*put);
  CHECK((*put)->has_value());
  // So short that nobody has noticed.
  CHECK(world.leader() == leader);
}

TEST_CASE("a leader that was suspended answers keep-alives out of its old belief and its old term",
          "[etcd model]") {
  EtcdModelOptions options;
  options.old_leader_revokes = false;
  EtcdWorld world(options);
  const std::int64_t id = world.grant(10);
  (void)world.put({0}, "/leader", "a", id);
  world.scheduler.run_for(1s);
  const std::size_t old = world.leader();
  const std::uint64_t term = world.model.term();
  world.model.freeze(old, FrozenClock::stands_still);
  const auto queued = world.keep_alive({old}, id);
  world.scheduler.run_for(30s);
  CHECK_FALSE(*queued);
  CHECK_FALSE(world.has("/leader"));
  world.model.thaw(old, 50ms);
  const auto read = world.range({old}, "/leader");
  const auto stale = world.range({old}, "/leader", true);
  world.scheduler.run_for(0s);
  REQUIRE(*queued);
  CHECK((*queued)->value().ttl == 10);
  CHECK((*queued)->value().header.raft_term == term);
  CHECK((*stale)->value().kvs.size() == 1);
  CHECK_FALSE(*read);
  world.scheduler.run_for(50ms);
  REQUIRE(*read);
  CHECK((*read)->value().kvs.empty());
  CHECK((*read)->value().header.raft_term > term);
  const auto now = world.keep_alive({old}, id);
  world.scheduler.run_for(0s);
  CHECK((*now)->value().ttl == 0);
}

TEST_CASE("a leader that was stopped with its clock going on has ended leases revoked, in old versions",
          "[etcd model]") {
  int revoked = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EtcdWorld world({}, seed);
    const std::int64_t id = world.grant(10);
    (void)world.put({0}, "/leader", "a", id);
    world.scheduler.run_for(1s);
    const std::size_t old = world.leader();
    world.model.freeze(old);
    world.scheduler.run_for(5s);
    const auto kept = world.keep_alive({world.leader()}, id);
    world.scheduler.run_for(6s);
    CHECK(world.has("/leader"));
    world.model.thaw(old, 50ms);
    // It has ended for the old leader: no answer before it learns.
    const auto asked = world.keep_alive({old}, id);
    world.scheduler.run_for(49ms);
    CHECK_FALSE(*asked);
    world.scheduler.run_for(51ms);
    REQUIRE(*asked);
    CHECK((*asked)->value().ttl == (world.has("/leader") ? 10 : 0));
    if (!world.has("/leader")) ++revoked;
  }
  CHECK(revoked > 3);
  CHECK(revoked < 17);
}

TEST_CASE("a leader that is cut off answers keep-alives until it steps down", "[etcd model]") {
  EtcdWorld world;
  const std::int64_t id = world.grant(30);
  const std::size_t old = world.leader();
  world.model.cut_off(old);
  world.scheduler.run_for(900ms);
  const auto early = world.keep_alive({old}, id);
  world.scheduler.run_for(0s);
  REQUIRE(*early);
  CHECK((*early)->value().ttl == 30);
  world.scheduler.run_for(2s);
  CHECK(world.leader() != old);
  const auto later = world.keep_alive({old}, id);
  world.scheduler.run_for(6s);
  CHECK_FALSE(*later);
  world.scheduler.run_for(2s);
  REQUIRE(*later);
  CHECK_FALSE((*later)->has_value());
}

TEST_CASE("a member that was cut off makes an election when it is back, unless etcd votes before",
          "[etcd model]") {
  for (const bool pre_vote : {false, true}) {
    EtcdModelOptions options;
    options.pre_vote = pre_vote;
    EtcdWorld world(options);
    const std::uint64_t term = world.model.term();
    const std::size_t away = world.follower();
    world.model.cut_off(away);
    world.scheduler.run_for(5s);
    CHECK(world.model.term() == term);
    world.model.heal(away);
    world.scheduler.run_for(3s);
    CHECK(world.model.is_serving());
    CHECK((world.model.term() > term) == !pre_vote);
  }
}

TEST_CASE("only a member that has everything is elected", "[etcd model]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EtcdWorld world({}, seed);
    const std::size_t leader = world.leader();
    const std::size_t behind = (leader + 1) % 3;
    const std::size_t whole = (leader + 2) % 3;
    world.model.freeze(behind);
    const auto put = world.put({leader}, "/a", "1");
    world.scheduler.run_for(1s);
    CHECK((*put)->has_value());
    world.model.kill(leader);
    world.model.thaw(behind);
    world.scheduler.run_for(5s);
    REQUIRE(world.model.is_serving());
    CHECK(world.leader() == whole);
  }
}

TEST_CASE("a full database refuses puts and goes on with keep-alives and removals", "[etcd model]") {
  EtcdWorld world;
  const std::int64_t id = world.grant(10);
  (void)world.put({0}, "/a", "1", id);
  world.scheduler.run_for(0s);
  world.model.set_full(true);
  const auto put = world.put({0}, "/a", "2");
  const auto kept = world.keep_alive({0}, id);
  auto removed = EtcdWorld::answer<etcd::RemoveReply>();
  world.model.remove({0}, {"/a", Scope::key, {}}, EtcdWorld::into(removed));
  world.scheduler.run_for(0s);
  CHECK((*put)->error().fault == etcd::RpcFault::no_space);
  CHECK((*kept)->value().ttl == 10);
  CHECK((*removed)->value().removed == 1);
}

TEST_CASE("a member that dies refuses connections and breaks what it had", "[etcd model]") {
  EtcdWorld world;
  const std::size_t member = world.follower();
  WatchTold told;
  world.model.watch({member}, "/a", Scope::key, 0, told.callbacks());
  world.scheduler.run_for(0s);
  world.model.freeze(member);
  const auto queued = world.put({member}, "/a", "1");
  world.scheduler.run_for(0s);
  world.model.kill(member);
  const auto refused = world.put({member}, "/a", "1");
  world.scheduler.run_for(0s);
  CHECK((*queued)->error().error.kind == ErrorKind::reset);
  CHECK((*queued)->error().may_have_run);
  CHECK((*refused)->error().error.kind == ErrorKind::refused);
  CHECK_FALSE((*refused)->error().may_have_run);
  CHECK(told.broken == 1);
}

TEST_CASE("a cluster restored from a backup has its revisions, keys and leases, a wiped one nothing",
          "[etcd model]") {
  EtcdWorld world;
  const std::int64_t id = world.grant(10);
  (void)world.put({0}, "/a", "1", id);
  world.scheduler.run_for(0s);
  const EtcdStore backup = world.model.backup();
  (void)world.put({0}, "/b", "1");
  world.scheduler.run_for(0s);
  const std::uint64_t term = world.model.term();
  world.model.change_leader();
  world.scheduler.run_for(2s);
  WatchTold told;
  world.model.watch({0}, "/a", Scope::key, 0, told.callbacks());
  world.scheduler.run_for(1s);

  world.model.restore(backup);
  world.scheduler.run_for(3s);
  REQUIRE(world.model.is_serving());
  CHECK(told.broken == 1);
  CHECK(world.model.store().revision() == 2);
  CHECK(world.model.term() <= term);
  CHECK(world.has("/a"));
  CHECK_FALSE(world.has("/b"));
  world.scheduler.run_for(12s);
  CHECK_FALSE(world.has("/a"));

  world.model.wipe();
  world.scheduler.run_for(3s);
  REQUIRE(world.model.is_serving());
  CHECK(world.model.store().revision() == 1);
}

TEST_CASE("slow disks delay writes and reads, not keep-alives", "[etcd model]") {
  EtcdWorld world;
  const std::int64_t id = world.grant(10);
  world.model.set_commit_delay(3s);
  const auto put = world.put({0}, "/a", "1");
  const auto kept = world.keep_alive({0}, id);
  world.scheduler.run_for(0s);
  CHECK(*kept);
  CHECK_FALSE(*put);
  world.scheduler.run_for(3s);
  CHECK((*put)->has_value());
}

TEST_CASE("whatever faults come, the same seed gives the same history, and the cluster serves after them",
          "[etcd model]") {
  const auto history = [](std::uint64_t seed) {
    EtcdWorld world({}, seed);
    Random random(seed);
    std::string words;
    for (int i = 0; i < 300; ++i) {
      const std::size_t member = random.below(3);
      switch (random.below(9)) {
        case 0:
          world.model.freeze(member, random.chance(1, 2) ? FrozenClock::goes_on : FrozenClock::stands_still);
          break;
        case 1:
          world.model.thaw(member);
          break;
        case 2:
          world.model.kill(member);
          break;
        case 3:
          world.model.start(member);
          break;
        case 4:
          world.model.cut_off(member);
          break;
        case 5:
          world.model.heal(member);
          break;
        case 6:
          world.model.change_leader();
          break;
        default:
          (void)world.put({member, 1ms, 1ms}, "/" + std::to_string(random.below(4)), "1");
          if (world.model.is_serving()) (void)world.grant(5);
      }
      world.scheduler.run_for(random.between(0ms, 3000ms));
      words +=
          std::to_string(world.model.store().revision()) + "/" + std::to_string(world.model.term()) + " ";
    }
    for (std::size_t i = 0; i < 3; ++i) {
      world.model.start(i);
      world.model.thaw(i);
      world.model.heal(i);
    }
    world.scheduler.run_for(5s);
    CHECK(world.model.is_serving());
    const auto put = world.put({0}, "/end", "1");
    world.scheduler.run_for(0s);
    CHECK(*put);
    world.scheduler.run_for(60s);
    CHECK(world.model.store().leases().empty());
    return words;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) CHECK(history(seed) == history(seed));
  CHECK(history(1) != history(2));
}
