#include "agent/ha/sync_plan.h"

#include <catch2/catch.hpp>

#include <utility>

namespace tamada::ha {
namespace {

using Kind = SyncChange::Kind;
using Names = std::vector<std::string>;

// A leader "a" whose /sync and setting follow what the plan says.
struct Leader {
  Leader() {
    settings.synchronous_mode = true;
    store.sync.mod_revision = 1;
    store.sync.leader = "a";
    server.kind = ServerKind::primary;
    server.written = 100;
    for (const char* name : {"a", "b", "c"}) {
      MemberView member;
      member.name = name;
      member.is_running = true;
      store.members.push_back(member);
    }
  }
  WalSender& stream(const std::string& name, Lsn flushed) {
    for (WalSender& one : server.senders) {
      if (one.name == name) {
        one.flushed = flushed;
        return one;
      }
    }
    server.senders.push_back({name, true, false, flushed});
    return server.senders.back();
  }
  void lose(const std::string& name) {
    std::erase_if(server.senders, [&](const WalSender& one) { return one.name == name; });
  }
  SyncChange next() { return plan.next("a", settings, store, server); }
  // Carries out what the plan says until it is content; the changes on the way.
  std::vector<std::pair<Kind, Names>> settle() {
    std::vector<std::pair<Kind, Names>> changes;
    for (int i = 0; i < 20; ++i) {
      const SyncChange change = next();
      if (change.kind == Kind::none) return changes;
      changes.emplace_back(change.kind, change.names);
      if (change.kind == Kind::write_key) {
        store.sync.standbys = change.names;
        ++store.sync.mod_revision;
      }
      if (change.kind == Kind::remove_key) store.sync = {};
      if (change.kind == Kind::set_names) take_effect();
    }
    FAIL("the plan does not come to an end");
    return changes;
  }
  void take_effect() {
    server.synchronous_names = plan.wanted().value_or(Names{});
    for (WalSender& one : server.senders) {
      one.is_sync = std::find(server.synchronous_names.begin(), server.synchronous_names.end(), one.name) !=
                    server.synchronous_names.end();
    }
  }

  SyncPlan plan;
  ClusterSettings settings;
  StoreView store;
  ServerView server;
};

}  // namespace

TEST_CASE("a standby enters the setting first, and the key when it has confirmed", "[sync]") {
  Leader one;
  one.stream("b", 90);
  CHECK(one.next().kind == Kind::set_names);
  CHECK(one.plan.wanted() == Names{"b"});
  CHECK(one.next().kind == Kind::none);  // not in force yet
  one.take_effect();
  one.server.written = 110;
  CHECK(one.next().kind == Kind::none);  // in force, and b has not got there
  one.stream("b", 105);
  CHECK(one.next().kind == Kind::none);
  one.server.written = 150;  // what counts is what was noted first
  CHECK(one.next().kind == Kind::none);
  one.stream("b", 110);
  const SyncChange change = one.next();
  CHECK(change.kind == Kind::write_key);
  CHECK(change.names == Names{"b"});
}

TEST_CASE("a standby leaves the key first, then the setting", "[sync]") {
  Leader one;
  one.stream("b", 100);
  one.settle();
  REQUIRE(one.store.sync.standbys == Names{"b"});
  one.lose("b");
  CHECK(one.settle() == std::vector<std::pair<Kind, Names>>{{Kind::write_key, {}}, {Kind::set_names, {}}});
}

TEST_CASE("a better standby takes the place by way of both lists", "[sync]") {
  Leader one;
  one.stream("b", 100);
  one.settle();
  one.stream("c", 100);
  CHECK(one.settle().empty());  // as good as b: no change
  one.store.members[2].tags.sync_priority = 2;
  CHECK(one.settle() == std::vector<std::pair<Kind, Names>>{
                            {Kind::write_key, {}}, {Kind::set_names, {"c"}}, {Kind::write_key, {"c"}}});
}

TEST_CASE("two standbys are wanted where two are asked for", "[sync]") {
  Leader one;
  one.settings.synchronous_node_count = 2;
  one.stream("c", 100);
  one.stream("b", 100);
  one.settle();
  CHECK(one.store.sync.standbys == Names{"b", "c"});
}

TEST_CASE("who is no synchronous standby is not taken", "[sync]") {
  Leader one;
  SECTION("nosync") {
    one.store.members[1].tags.sync_priority = 0;
  }
  SECTION("not running") {
    one.store.members[1].is_running = false;
  }
  SECTION("no member") {
    one.store.members.erase(one.store.members.begin() + 1);
  }
  SECTION("too far behind another") {
    one.settings.maximum_lag_on_syncnode = 10;
    one.stream("c", 300);
    one.store.members[2].tags.sync_priority = 0;
    one.stream("b", 100);
    one.store.members[2].tags.sync_priority = 1;
    one.store.members[1].tags.sync_priority = 5;
    CHECK(one.next().names == Names{"c"});
    return;
  }
  one.stream("b", 100);
  CHECK(one.settle().empty());
}

TEST_CASE("of those who could be synchronous the best one is", "[sync]") {
  Leader one;
  one.stream("b", 100);
  one.stream("c", 100);
  SECTION("among equals the first that streams") {
    CHECK(one.next().names == Names{"b"});
  }
  SECTION("who has more") {
    one.stream("c", 101);
    CHECK(one.next().names == Names{"c"});
  }
  SECTION("who has more, though the other is looked at later") {
    one.stream("b", 101);
    CHECK(one.next().names == Names{"b"});
  }
  SECTION("who may lead, before who has more") {
    one.stream("b", 200);
    one.store.members[1].tags.nofailover = true;
    CHECK(one.next().names == Names{"c"});
  }
  SECTION("who may lead, though the other is looked at later") {
    one.stream("c", 200);
    one.store.members[2].tags.nofailover = true;
    CHECK(one.next().names == Names{"b"});
  }
  SECTION("who is synchronous already, before who has more") {
    one.lose("c");
    one.settle();
    one.stream("c", 200);
    CHECK(one.settle().empty());
    CHECK(one.store.sync.standbys == Names{"b"});
  }
}

TEST_CASE("only who is further behind the foremost than allowed is no synchronous standby", "[sync]") {
  Leader one;
  one.settings.synchronous_node_count = 2;
  one.stream("b", 100);
  one.stream("c", 110);
  SECTION("no limit") {
    one.settings.maximum_lag_on_syncnode = GENERATE(-1, 0);
    CHECK(one.next().names == Names{"b", "c"});
  }
  SECTION("as far as allowed") {
    one.settings.maximum_lag_on_syncnode = 10;
    CHECK(one.next().names == Names{"b", "c"});
  }
  SECTION("further") {
    one.settings.maximum_lag_on_syncnode = 9;
    CHECK(one.next().names == Names{"c"});
  }
}

TEST_CASE("a standby has confirmed when it streams as a synchronous one, and has what was noted", "[sync]") {
  Leader one;
  WalSender& b = one.stream("b", 100);
  CHECK(one.next().kind == Kind::set_names);
  one.take_effect();
  SECTION("it has") {
    CHECK(one.next().names == Names{"b"});
  }
  SECTION("PostgreSQL does not count it yet") {
    b.is_sync = false;
    CHECK(one.next().kind == Kind::none);
  }
  SECTION("the one that has is another connection of the same name") {
    b.is_sync = false;
    WalSender other = b;
    other.is_sync = true;
    other.is_streaming = false;
    one.server.senders.push_back(other);
    CHECK(one.next().kind == Kind::none);
    one.server.senders.back().is_streaming = true;
    one.server.senders.back().flushed.reset();
    CHECK(one.next().kind == Kind::none);
  }
  SECTION("the one that has is another standby") {
    b.is_sync = false;
    one.stream("c", 100).is_sync = true;
    CHECK(one.next().kind == Kind::none);
  }
  SECTION("what was written here was not known when it came into force") {
    one.server.written.reset();
    CHECK(one.next().kind == Kind::none);
  }
}

TEST_CASE("what a standby had confirmed counts no more when it was out of the setting meanwhile", "[sync]") {
  Leader one;
  one.stream("b", 100);
  CHECK(one.next().kind == Kind::set_names);
  one.take_effect();
  one.stream("b", 99);
  CHECK(one.next().kind == Kind::none);  // 100 is noted
  one.server.synchronous_names.clear();
  CHECK(one.next().kind == Kind::none);
  one.server.written = 200;
  one.take_effect();
  one.stream("b", 150);
  CHECK(one.next().kind == Kind::none);
  one.stream("b", 200);
  CHECK(one.next().kind == Kind::write_key);
}

TEST_CASE("a change tells who comes in whose place", "[sync]") {
  Leader one;
  one.stream("b", 100);
  CHECK(one.next().words == "wait for b");
  one.take_effect();
  CHECK(one.next().words == "b confirmed");
  one.settle();
  one.lose("b");
  CHECK(one.next().words == "nobody instead of b");
}

TEST_CASE("strict mode keeps the last standbys although they are gone", "[sync]") {
  Leader one;
  one.settings.synchronous_mode_strict = true;
  one.stream("b", 100);
  one.settle();
  one.lose("b");
  CHECK(one.settle().empty());
  CHECK(one.store.sync.standbys == Names{"b"});
  CHECK(one.plan.wanted() == Names{"b"});
}

TEST_CASE("a leader enters itself into the key before its promotion, alone", "[sync]") {
  Leader one;
  one.store.sync.leader = "b";
  one.store.sync.standbys = {"a", "c"};
  const SyncChange change = one.plan.before_writing("a", one.settings, one.store);
  CHECK(change.kind == Kind::write_key);
  CHECK(change.names.empty());
  CHECK(one.plan.wanted()->empty());
}

TEST_CASE("a leader that comes back waits for those whom its key still names", "[sync]") {
  Leader one;
  CHECK_FALSE(one.plan.is_known());
  one.store.sync.standbys = {"b"};
  CHECK(one.plan.before_writing("a", one.settings, one.store).kind == Kind::none);
  CHECK(one.plan.is_known());
  CHECK(one.plan.wanted() == Names{"b"});
}

TEST_CASE("switched off, the key goes before the setting", "[sync]") {
  Leader one;
  one.stream("b", 100);
  one.settle();
  one.settings.synchronous_mode = false;
  CHECK(one.next().kind == Kind::remove_key);
  CHECK(one.plan.wanted() == Names{"b"});
  one.store.sync = {};
  CHECK(one.next().kind == Kind::none);
  CHECK_FALSE(one.plan.wanted().has_value());
}

}  // namespace tamada::ha
