// What the control loop makes of what it knows: settings, memory, words, history.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/control/state/cycle_words.h"
#include "agent/control/state/ha_settings_of.h"
#include "agent/control/state/history_plan.h"
#include "agent/control/state/memory_text.h"
#include "agent/control/state/shared_configuration.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

patroni::ClusterKeys keys_with_config(const std::string& text, std::int64_t revision) {
  const std::string prefix = "/service/a/";
  return patroni::ClusterKeys::from_range(prefix, {{prefix + "config", text, 1, revision, 0}}, revision);
}

}  // namespace

TEST_CASE("the shared configuration is kept while the key says nothing usable") {
  SharedConfiguration shared("", ConfigValue{{"ttl", 40}});
  CHECK(shared.settings().ttl == 40s);
  CHECK(shared.take(keys_with_config(R"({"ttl": 50, "synchronous_mode": true})", 5)));
  CHECK(shared.settings().ttl == 50s);
  CHECK(shared.settings().synchronous_mode == patroni::SynchronousMode::on);
  CHECK_FALSE(shared.take(keys_with_config(R"({"ttl": 50, "synchronous_mode": true})", 5)));
  CHECK_FALSE(shared.take(keys_with_config("[1]", 6)));
  CHECK_FALSE(shared.take(keys_with_config("{", 7)));
  CHECK_FALSE(shared.take(patroni::ClusterKeys("/service/a/")));
  CHECK(shared.settings().ttl == 50s);
  CHECK(shared.text() == R"({"ttl":50,"synchronous_mode":true})");
}

TEST_CASE("a copy of the shared configuration comes before bootstrap.dcs, if it can be read") {
  CHECK(SharedConfiguration(R"({"ttl": 60})", ConfigValue{{"ttl", 40}}).settings().ttl == 60s);
  CHECK(SharedConfiguration("{half", ConfigValue{{"ttl", 40}}).settings().ttl == 40s);
}

TEST_CASE("what is not supported yet is named for the decider") {
  SharedConfiguration shared("", ConfigValue{{"synchronous_mode", "quorum"}});
  const auto setup = make_server_setup({}, shared.document(), shared.settings(), 150000);
  const ha::ClusterSettings settings = cluster_settings_of(*setup, shared.unsupported());
  CHECK_FALSE(settings.unsupported.empty());
  CHECK(cluster_settings_of(*setup, {}).unsupported.empty());
}

TEST_CASE("the memory of etcd is written and read, and damage is an error") {
  ha::StoreMemory memory;
  memory.store_id = 18'000'000'000'000'000'000U;
  memory.revision = 77;
  memory.last_leader = "pg1";
  memory.newest_timeline = 4;
  ha::MemberView member;
  member.name = "pg2";
  member.api_url = "http://pg2:8008/patroni";
  member.timeline = 3;
  member.is_paused = true;
  memory.members = {member};
  const auto read = read_memory(write_memory(memory));
  REQUIRE(read);
  CHECK(read->store_id == memory.store_id);
  CHECK(read->revision == 77);
  CHECK(read->last_leader == "pg1");
  CHECK(read->newest_timeline == 4);
  REQUIRE(read->members.size() == 1);
  CHECK(read->members[0] == member);
  for (const char* text :
       {"", "{", "[]", "{}", R"({"store":"1","members":[7]})", R"({"store":1,"members":[]})"}) {
    CAPTURE(text);
    CHECK_FALSE(read_memory(text));
  }
}

TEST_CASE("what is to be kept of etcd is told apart from what changes all the time") {
  ha::StoreMemory memory;
  ha::StoreView view;
  view.store_id = 1;
  view.revision = 10;
  CHECK(remember(memory, view));
  view.revision = 11;
  CHECK_FALSE(remember(memory, view));
  CHECK(memory.revision == 10);
  view.leader = ha::LeaderKeyView{"pg1", 1, 1, 1};
  CHECK(remember(memory, view));
  ha::MemberView member;
  member.name = "pg1";
  member.timeline = 2;
  view.members = {member};
  CHECK(remember(memory, view));
  view.members[0].position = 5;
  CHECK_FALSE(remember(memory, view));
  view.members[0].timeline.reset();  // one that does not say is not younger than it was
  CHECK_FALSE(remember(memory, view));
  CHECK(memory.members[0].timeline == 2);
  view.revision = 9;
  CHECK(remember(memory, view));
  CHECK(memory.revision == 9);
}

TEST_CASE("a cycle's line is the one that people look for") {
  Cycle cycle;
  cycle.name = "pg1";
  cycle.row = ha::RowId::lead;
  CHECK(cycle_words(cycle) == "no action. I am (pg1), the leader with the lock");
  cycle.row = ha::RowId::follow;
  cycle.leader = "pg2";
  CHECK(cycle_words(cycle) == "no action. I am (pg1), a secondary, and following a leader (pg2)");
  cycle.is_paused = true;
  CHECK(cycle_words(cycle) == "PAUSE: no action. I am (pg1), a secondary, and following a leader (pg2)");
  // Nobody follows itself: the lock is another run's, or that of a second node of this name.
  cycle.row = ha::RowId::paused_wait;
  cycle.leader = "pg1";
  CHECK(cycle_words(cycle) ==
        "PAUSE: waiting for the end of a lock that has my name and is not mine: an earlier run's, or a "
        "stranger's");
  cycle.leader = "pg2";
  cycle.is_paused = false;
  cycle.is_locked_by_hand = true;
  cycle.row = ha::RowId::follow;
  CHECK(cycle_words(cycle) ==
        "waiting for a person: the leader key (\"pg2\") has no lease, and nobody leads while it is there");
  cycle.is_locked_by_hand = false;
  cycle.row = ha::RowId::action_runs;
  cycle.action = ha::ActionKind::clone;
  cycle.action_from = "pg2";
  CHECK(cycle_words(cycle) == "bootstrap from leader 'pg2' in progress");
  cycle.holds_lock = true;
  cycle.action = ha::ActionKind::promote;
  CHECK(cycle_words(cycle) == "updated leader lock during promote");
}

TEST_CASE("history keeps moments and leaders of earlier promotions") {
  TimelineHistory file;
  file.switches = {{1, 100, "no recovery target specified"}, {2, 200, "no recovery target specified"}};
  patroni::HistoryValue known;
  CHECK(lacks_history(nullptr, 2));
  CHECK_FALSE(lacks_history(nullptr, 1));
  known.entries.push_back({1, 100, "no recovery target specified", "2026-01-01T00:00:00+00:00", "pg1"});
  CHECK_FALSE(lacks_history(&known, 2));
  CHECK(lacks_history(&known, 3));
  CHECK(lacks_history(&known, 1));
  const auto made = history_of(file, &known, "2026-02-02T00:00:00+00:00", "pg2", 0);
  REQUIRE(made.entries.size() == 2);
  CHECK(made.entries[0].new_leader == "pg1");
  CHECK(made.entries[1].new_leader == "pg2");
  CHECK(made.entries[1].time == "2026-02-02T00:00:00+00:00");
  CHECK_FALSE(lacks_history(&made, 3));
  CHECK(history_of(file, &known, "t", "pg2", 1).entries.size() == 1);
  // Another history of the same number is not the one that was seen.
  known.entries[0].lsn = 99;
  CHECK_FALSE(history_of(file, &known, "t", "pg2", 0).entries[0].new_leader);
}
