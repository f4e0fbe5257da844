// A new cluster: who may make it, what keeps a node from it, and how it ends when somebody else was quicker.
#include <catch2/catch.hpp>

#include <string>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {
namespace {

std::uint64_t begun(const Step& step, ActionKind kind) {
  const auto all = orders<BeginAction>(step);
  REQUIRE(all.size() == 1);
  REQUIRE(name_of(all[0].action.kind) == name_of(kind));
  return all[0].action.id;
}

// n1 has no data.
struct Empty : Node {
  Empty() { view = new_store(5); }
  Step look(Duration after = 1s) {
    pass(after);
    view.as_of = now();
    const Step seen = tell(view);
    return both(seen, tell(server(ServerKind::stopped, DataState::absent)));
  }
  static bool claims(const Step& step) { return !orders<ClaimInitialize>(step).empty(); }
  StoreView view;
};

// Its bootstrap runs.
struct Bootstrapping : Empty {
  Bootstrapping() {
    const auto claimed = orders<ClaimInitialize>(look());
    REQUIRE(claimed.size() == 1);
    pass(1s);
    tell(WriteEnded{claimed[0].id, WriteEnded::Outcome::done, 6});
    view = store(6);
    bootstrap = begun(look(), ActionKind::bootstrap);
  }
  Step see(ServerKind kind) {
    pass(1s);
    view.as_of = now();
    const Step seen = tell(view);
    return both(seen, tell(server(kind)));
  }
  Step end() { return end_of(bootstrap); }
  Step end_of(std::uint64_t id) {
    pass(1s);
    return tell(ActionEnded{id, {ActionResult::Outcome::done, Divergence::cannot_know, {}}});
  }
  // It runs, and has taken the lock, which nobody has armed yet.
  void take_lock() {
    end();
    REQUIRE(orders<AcquireLock>(see(ServerKind::primary)).size() == 1);
    tell(lock(LockReport::Operation::acquire, 7, 7));
    view.revision = 7;
    view.leader = own_key(7);
  }
  std::uint64_t bootstrap = 0;
};

}  // namespace

TEST_CASE_METHOD(Empty, "who may make a cluster", "[bootstrap]") {
  NodeSettings settings;
  settings.name = "n1";
  bool may = false;
  SECTION("one with a bootstrap section") {
    may = true;
  }
  SECTION("not one without") {
    settings.may_bootstrap = false;
  }
  SECTION("not one that may not lead") {
    settings.tags.nofailover = true;
  }
  tell(settings);
  CHECK(claims(look()) == may);
}

TEST_CASE_METHOD(Empty, "where etcd may have forgotten a lock a cluster is made a ttl later", "[bootstrap]") {
  StoreMemory memory;
  memory.store_id = 9;
  memory.revision = 60;
  tell(memory);
  CHECK_FALSE(claims(look()));
  CHECK_FALSE(claims(look(30s - 1us)));
  CHECK(claims(look(1us)));
}

TEST_CASE_METHOD(Empty, "a member that had data, and is there without them, counts for five minutes",
                 "[bootstrap]") {
  view.members = {member("n2", true)};
  view.initialize = system_id;
  view.has_initialize = true;
  look();
  // etcd was wiped.
  view = new_store(3);
  view.store_id = 2;
  view.members = {member("n2", false)};
  CHECK_FALSE(claims(look(150s)));
  CHECK_FALSE(claims(look(150s - 1us)));
  CHECK(claims(look(1us)));
}

TEST_CASE_METHOD(Empty, "what keeps no other node from making a cluster", "[bootstrap]") {
  view.has_initialize = true;
  SECTION("the data of its own former run") {
    view.members = {member("n1", true)};
    view.initialize = system_id;
  }
  SECTION("those of a bootstrap that may yet fail") {
    view.members = {member("n2", true)};
  }
  SECTION("a member that never had any") {
    view.members = {member("n2", false)};
    view.initialize = system_id;
  }
  look();
  view = new_store(3);
  view.store_id = 2;
  look();
  CHECK(claims(look(30s)));
}

TEST_CASE_METHOD(Empty, "why no cluster is made is told where nothing else explains it", "[bootstrap]") {
  view.members = {member("n2", true)};
  bool is_told = false;
  SECTION("n2 has data") {
    is_told = true;
  }
  SECTION("there is a cluster") {
    view.has_initialize = true;
    view.initialize = system_id;
  }
  SECTION("there is a leader, which does not run yet") {
    view.leader = LeaderKeyView{"n2", 78, 5, 5};
  }
  const Step step = look();
  CHECK(name_of(step.row) == name_of(RowId::wait_for_data));
  CHECK(step.reason.empty() != is_told);
}

TEST_CASE_METHOD(Bootstrapping, "a bootstrap is called off when somebody else makes the cluster",
                 "[bootstrap]") {
  bool goes_on = false;
  view.revision = 9;
  SECTION("nobody does") {
    goes_on = true;
  }
  SECTION("its identifier is there") {
    view.initialize = "7199999999999999999";
  }
  SECTION("somebody leads") {
    view.leader = LeaderKeyView{"n2", 78, 9, 9};
  }
  const Step step = look();
  CHECK(orders<CancelAction>(step).size() == (goes_on ? 0 : 1));
}

TEST_CASE_METHOD(Bootstrapping, "a bootstrap in vain is ended, and what it made is set aside",
                 "[bootstrap]") {
  end();
  view.revision = 9;
  view.initialize = "7199999999999999999";
  const std::uint64_t stop = begun(see(ServerKind::primary), ActionKind::stop_immediate);
  end_of(stop);
  const std::uint64_t aside = begun(see(ServerKind::stopped), ActionKind::set_aside);
  end_of(aside);
  CHECK(name_of(look().row) == name_of(RowId::wait_for_data));
}

TEST_CASE_METHOD(Bootstrapping, "a lock that was taken for a bootstrap in vain is released before",
                 "[bootstrap]") {
  take_lock();
  view.revision = 9;
  view.initialize = "7199999999999999999";
  const std::uint64_t stop = begun(see(ServerKind::primary), ActionKind::stop_immediate);
  end_of(stop);
  const Step down = see(ServerKind::stopped);
  CHECK(orders<ReleaseLock>(down).size() == 1);
  CHECK(orders<BeginAction>(down).empty());
}

TEST_CASE_METHOD(Bootstrapping, "the identifier is written once, with the lock and an armed guard",
                 "[bootstrap]") {
  take_lock();
  CHECK(orders<WriteInitialize>(see(ServerKind::primary)).empty());  // not armed
  const GuardReport armed{7, true, false};
  SECTION("it is known") {
    const auto writes = orders<WriteInitialize>(tell(armed));
    REQUIRE(writes.size() == 1);
    CHECK(writes[0].system_id == system_id);
    CHECK(orders<WriteInitialize>(see(ServerKind::primary)).empty());  // it is on its way
    tell(WriteEnded{writes[0].id, WriteEnded::Outcome::cannot_know, 0});
    CHECK(orders<WriteInitialize>(tell(view)).empty());  // twice is too much for one answer
  }
  SECTION("it is not known") {
    ServerView seen = server(ServerKind::primary);
    seen.system_id.clear();
    tell(seen);
    CHECK(orders<WriteInitialize>(tell(armed)).empty());
  }
  SECTION("etcd was not heard for too long") {
    pass(11s);
    tell(lock(LockReport::Operation::renew, 7, 7));
    tell(server(ServerKind::primary));
    CHECK(orders<WriteInitialize>(tell(armed)).empty());
  }
}

TEST_CASE_METHOD(Bootstrapping,
                 "a bootstrap whose lock went to its own cluster's founding ends as a standby would",
                 "[bootstrap]") {
  take_lock();
  tell(GuardReport{7, true, false});
  // The identifier was written, and the lock is gone: what runs here is ended, and is the cluster's.
  view.revision = 12;
  view.initialize = system_id;
  view.leader.reset();
  const std::uint64_t stop = begun(see(ServerKind::primary), ActionKind::stop_immediate);
  end_of(stop);
  const Step down = see(ServerKind::stopped);
  CHECK_FALSE(begins(down, ActionKind::set_aside));
  CHECK_FALSE(tell(view).wanted.is_closed);
}

TEST_CASE_METHOD(Bootstrapping, "without its claim a bootstrap claims again only where nobody else does",
                 "[bootstrap]") {
  end();
  bool claims_again = false;
  view.revision = 9;
  SECTION("nobody does") {
    view.has_initialize = false;
    claims_again = true;
  }
  SECTION("somebody does, after its own claim ended") {
    view.has_initialize = false;
    pass(1s);
    view.as_of = now();
    tell(view);
    view.revision = 10;
    view.has_initialize = true;
  }
  const Step step = see(ServerKind::primary);
  CHECK(claims(step) == claims_again);
}

}  // namespace tamada::ha
