#include "common/patroni/cluster_keys.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "common/patroni/cluster_members.h"
#include "common/patroni/patroni_tags.h"

using namespace tamada::patroni;

namespace {

const std::string prefix = "/service/patroni/";

StoredKey key(const std::string& name, const std::string& value, std::int64_t revision = 5,
              std::int64_t lease = 0) {
  return {prefix + name, value, revision, revision, lease};
}

// The keys of a store that a history of puts and deletions runs over.
struct Store {
  std::map<std::string, StoredKey> keys;
  std::int64_t revision = 1;

  // One transaction: all changes have one revision.
  std::vector<KeyChange> change(std::mt19937& random) {
    static const std::vector<std::string> names{
        "leader",     "config",        "sync",      "status",    "failover", "failsafe",    "history",
        "initialize", "optime/leader", "members/a", "members/b", "members/", "members/c/d", "other"};
    static const std::vector<std::string> values{"a",
                                                 "{}",
                                                 "[]",
                                                 "",
                                                 "7713000000000000001",
                                                 R"({"leader":"a"})",
                                                 R"({"optime":5,"state":"running"})",
                                                 "{",
                                                 "b:a",
                                                 R"({"a":"http://a"})"};
    const auto pick = [&](std::size_t count) {
      return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
    };
    ++revision;
    std::map<std::string, KeyChange> changes;
    for (std::size_t i = 0; i <= pick(2); ++i) {
      const std::string name = prefix + names[pick(names.size())];
      const auto known = keys.find(name);
      if (known != keys.end() && pick(3) == 0) {
        changes[name] = {true, {name, "", 0, revision, 0}};
        continue;
      }
      const std::int64_t created = known == keys.end() ? revision : known->second.create_revision;
      changes[name] = {
          false, {name, values[pick(values.size())], created, revision, static_cast<std::int64_t>(pick(3))}};
    }
    std::vector<KeyChange> result;
    for (const auto& [name, one] : changes) {
      one.deleted ? void(keys.erase(name)) : void(keys[name] = one.key);
      result.push_back(one);
    }
    return result;
  }
  [[nodiscard]] ClusterKeys range() const {
    std::vector<StoredKey> all;
    for (const auto& [name, one] : keys) all.push_back(one);
    return ClusterKeys::from_range(prefix, all, revision);
  }
};

}  // namespace

TEST_CASE("every key of a cluster is found in a range", "[cluster_keys]") {
  const auto keys = ClusterKeys::from_range(
      prefix,
      {key("leader", "pg1", 7, 99), key("initialize", "7713000000000000001"), key("config", R"({"ttl":30})"),
       key("history", "[]"), key("status", R"({"optime":5})"), key("optime/leader", "4"),
       key("failover", "{}"), key("sync", R"({"leader":"pg1","sync_standby":"pg2"})"),
       key("failsafe", R"({"pg1":"http://pg1"})"),
       key("members/pg2", R"({"state":"running","version":"4.0.1"})"),
       key("members/pg1", R"({"version":"3.3.2"})"), key("members/pg3", "{}")},
      12);
  CHECK(keys.revision() == 12);
  REQUIRE(keys.leader());
  CHECK(keys.leader()->value == "pg1");
  CHECK(keys.leader()->lease == 99);
  CHECK(keys.leader()->create_revision == 7);
  CHECK(keys.initialize()->value == "7713000000000000001");
  CHECK(keys.config()->value == R"({"ttl":30})");
  CHECK(keys.history()->value.entries.empty());
  CHECK(keys.status()->value.optime == 5);
  CHECK(keys.failover()->value.is_none());
  CHECK(keys.sync()->value.has_voter("pg2"));
  CHECK(keys.failsafe()->value.api_urls.size() == 1);
  REQUIRE(keys.members().size() == 3);
  CHECK(keys.members()[0].name == "pg1");
  CHECK(keys.member("pg2")->value.is_running());
  CHECK_FALSE(keys.member("pg4"));
  CHECK(keys.oldest_version() == std::vector<std::uint32_t>{3, 3, 2});
  CHECK(keys.problems().empty());
}

TEST_CASE("an empty cluster has no keys, and no lock", "[cluster_keys]") {
  const ClusterKeys nothing(prefix);
  CHECK(nothing.revision() == 0);
  CHECK_FALSE(nothing.is_locked());
  CHECK_FALSE(nothing.status());
  CHECK(nothing.members().empty());
  CHECK(nothing.oldest_version().empty());
}

TEST_CASE("a leader key locks, whomever it names", "[cluster_keys]") {
  const auto unknown = ClusterKeys::from_range(prefix, {key("leader", "somebody")}, 9);
  CHECK(unknown.is_locked());
  CHECK_FALSE(unknown.member(unknown.leader()->value));
  for (const std::string& value : {std::string(), std::string(name_max + 1, 'x'), std::string("a\nb")}) {
    const auto keys = ClusterKeys::from_range(prefix, {key("leader", value)}, 9);
    CHECK(keys.is_locked());
    CHECK(keys.leader()->value.empty());
    CHECK(keys.leader()->text == value);
    CHECK(keys.problems().size() == 1);
  }
}

TEST_CASE("what is unreadable harms only itself, and is told", "[cluster_keys]") {
  const auto keys = ClusterKeys::from_range(prefix,
                                            {key("config", "[1]"),
                                             key("sync", "{"),
                                             key("status", "x"),
                                             key("members/pg1", "{"),
                                             key("members/pg2", R"({"state":"running"})"),
                                             key("initialize", "12"),
                                             key("members/x/y", "{}"),
                                             key("members/", "{}"),
                                             key("unknown", "{"),
                                             {"/service/patroni2/leader", "a", 1, 1, 0}},
                                            9);
  CHECK(keys.config()->value.empty());
  CHECK(keys.config()->text == "[1]");
  CHECK(keys.sync()->value.is_empty());
  CHECK(keys.status()->value.optime == 0);
  CHECK(keys.member("pg2")->value.is_running());
  CHECK(keys.members().size() == 2);
  CHECK_FALSE(keys.is_locked());
  CHECK(keys.problems() == std::vector<std::string>{
                               "config: found a list, expected an object",
                               "initialize: found \"12\", expected a system identifier, or nothing",
                               "members/pg1: the value: not JSON at byte 2 (near \"{\")",
                               "status: the value: not JSON at byte 1 (near \"x\")",
                               "sync: the value: not JSON at byte 2 (near \"{\")",
                           });
}

TEST_CASE("the old key of the leader's position counts while there is no status", "[cluster_keys]") {
  const auto keys = ClusterKeys::from_range(prefix, {key("optime/leader", "4")}, 9);
  CHECK(keys.status()->value.optime == 4);
}

TEST_CASE("changes that are known already are left out", "[cluster_keys]") {
  const auto keys = ClusterKeys::from_range(prefix, {key("leader", "pg1", 9)}, 9);
  CHECK(keys.advanced({{true, {prefix + "leader", "", 0, 8, 0}}}, 9) == keys);
  const auto gone = keys.advanced({{true, {prefix + "leader", "", 0, 10, 0}}}, 10);
  CHECK_FALSE(gone.is_locked());
  CHECK(gone.revision() == 10);
  CHECK(keys.is_locked());
  // The store was restored: an older revision holds.
  const auto back = keys.set_back({{false, {prefix + "leader", "pg2", 3, 3, 0}}}, 4);
  CHECK(back.revision() == 4);
  CHECK(back.leader()->value == "pg2");
}

TEST_CASE("of more members than there can be the first ones are shown", "[cluster_keys]") {
  std::vector<StoredKey> many;
  for (std::size_t i = 0; i <= members_max; ++i)
    many.push_back(key("members/n" + std::to_string(1000 + i), "{}"));
  const auto keys = ClusterKeys::from_range(prefix, many, 9);
  CHECK(keys.members().size() == members_max);
  CHECK(keys.members().front().name == "n1000");
  CHECK(keys.problems().size() == 1);
}

TEST_CASE("a range at a revision and an earlier one with the changes since are the same", "[cluster_keys]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    Store store;
    for (int i = 0; i < 20; ++i) (void)store.change(random);
    ClusterKeys one_by_one = store.range();
    ClusterKeys at_once = one_by_one;
    std::vector<KeyChange> all;
    for (int i = 0; i < 30; ++i) {
      const auto changes = store.change(random);
      one_by_one = one_by_one.advanced(changes, store.revision);
      REQUIRE(one_by_one == store.range());
      all.insert(all.end(), changes.begin(), changes.end());
      // Heard twice, as after a heartbeat that was ahead of the stream.
      REQUIRE(one_by_one.advanced(all, store.revision) == one_by_one);
    }
    REQUIRE(at_once.advanced(all, store.revision) == one_by_one);
    REQUIRE_FALSE(at_once == one_by_one);
  }
}
