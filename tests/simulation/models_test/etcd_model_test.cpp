#include "tests/simulation/etcd/etcd_model.h"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace tamada;
using namespace tamada::simulation;
using etcd::Compare;
using etcd::Outcome;
using etcd::Scope;

namespace {

struct EtcdWorld {
  explicit EtcdWorld(const EtcdModelOptions& options = {}, std::uint64_t seed = 1)
      : model(scheduler, Random(seed), options) {}

  template <class Reply>
  using Answer = std::shared_ptr<std::optional<Outcome<Reply>>>;
  template <class Reply>
  static auto into(const Answer<Reply>& answer) {
    return [answer](Outcome<Reply> outcome) {
      REQUIRE_FALSE(*answer);  // once
      *answer = std::move(outcome);
    };
  }
  template <class Reply>
  static Answer<Reply> answer() {
    return std::make_shared<std::optional<Outcome<Reply>>>();
  }

  Answer<etcd::PutReply> put(const EtcdRoute& route, const std::string& key, const std::string& value,
                             std::int64_t lease = 0) {
    auto told = answer<etcd::PutReply>();
    model.put(route, {key, value, lease}, into(told));
    return told;
  }
  Answer<etcd::RangeReply> range(const EtcdRoute& route, const std::string& key, bool serializable = false) {
    auto told = answer<etcd::RangeReply>();
    model.range(route, {key, Scope::key, serializable}, into(told));
    return told;
  }
  Answer<etcd::LeaseReply> keep_alive(const EtcdRoute& route, std::int64_t id) {
    auto told = answer<etcd::LeaseReply>();
    model.lease_keepalive(route, id, into(told));
    return told;
  }
  std::int64_t grant(std::int64_t ttl) {
    auto told = answer<etcd::LeaseReply>();
    model.lease_grant({leader()}, ttl, into(told));
    scheduler.run_for(0s);
    return (*told)->value().id;
  }
  [[nodiscard]] std::size_t leader() const { return model.leader().value(); }
  [[nodiscard]] std::size_t follower() const { return (leader() + 1) % model.size(); }
  [[nodiscard]] bool has(const std::string& key) const { return model.store().find(key) != nullptr; }

  Scheduler scheduler;
  EtcdModel model;
};

struct WatchTold {
  std::string words;
  int broken = 0;
  EtcdModel::WatchCallbacks callbacks() {
    return {[this](const etcd::WatchMessage& message) {
              if (message.created) words += "created ";
              for (const etcd::Event& event : message.events) {
                words += (event.deleted ? "-" : "+") + event.kv.key + "@" +
                         std::to_string(event.kv.mod_revision) + " ";
              }
              if (message.canceled) words += "compacted@" + std::to_string(message.compact_revision) + " ";
            },
            [this] { ++broken; }};
  }
};

}  // namespace

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
