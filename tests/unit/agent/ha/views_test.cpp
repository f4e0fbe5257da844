// What is read out of one look at the server, and out of etcd's keys.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "agent/ha/server_view.h"
#include "agent/ha/store_view.h"
#include "agent/ha/store_view_reader.h"

namespace tamada::ha {
namespace {

StoreView read(const std::vector<patroni::StoredKey>& keys) {
  return store_view_of(patroni::ClusterKeys::from_range("/service/patroni/", keys, 9), TimePoint(7s), 3);
}

StoreView read(const std::string& name, const std::string& value) {
  return read({{"/service/patroni/" + name, value, 4, 5, 6}});
}

MemberView member_of(const std::string& value) {
  const StoreView view = read("members/n1", value);
  REQUIRE(view.members.size() == 1);
  return view.members[0];
}

}  // namespace

TEST_CASE("a server's position is the furthest that it has", "[views]") {
  ServerView view;
  view.written = 5;
  view.checkpoint = 7;
  for (const ServerKind kind : {ServerKind::unknown, ServerKind::starting, ServerKind::hung}) {
    view.kind = kind;
    CHECK_FALSE(view.position());
  }
  view.kind = ServerKind::primary;
  CHECK(view.position() == 5);
  view.kind = ServerKind::stopped;
  CHECK(view.position() == 7);
  view.checkpoint = 0;  // not known
  CHECK_FALSE(view.position());

  view.kind = ServerKind::standby;
  CHECK_FALSE(view.position());
  view.received = 999;
  view.replayed = 3;
  CHECK(view.position() == 999);
  view.replayed = 1000;
  CHECK(view.position() == 1000);
  view.replayed.reset();
  CHECK(view.position() == 999);
  view.received.reset();
  view.replayed = 3;
  CHECK(view.position() == 3);
}

TEST_CASE("a stopped server was a primary by its control file, unless it would start as a standby",
          "[views]") {
  ServerView view;
  const auto control =
      GENERATE(ControlState::shut_down, ControlState::in_production, ControlState::in_crash_recovery);
  view.control = control;
  CHECK(view.was_primary());
  view.has_standby_signal = true;
  CHECK_FALSE(view.was_primary());
  view.has_standby_signal = false;
  for (const ControlState other :
       {ControlState::unknown, ControlState::shut_down_in_recovery, ControlState::in_archive_recovery}) {
    view.control = other;
    CHECK_FALSE(view.was_primary());
  }
}

TEST_CASE("/sync names its leader and its standbys, whatever their case", "[views]") {
  SyncView view;
  CHECK_FALSE(view.names("n1"));
  view.leader = "n1";
  CHECK(view.names("N1"));
  CHECK_FALSE(view.names("n2"));
  CHECK_FALSE(view.has_standby("n1"));
  view.standbys = {"N2"};
  CHECK(view.names("n2"));
  CHECK_FALSE(view.names("n3"));
}

TEST_CASE("a fail-over is asked for when it is due and names somebody", "[views]") {
  FailoverView view;
  CHECK_FALSE(view.is_asked_for());
  view.candidate = "n2";
  CHECK(view.is_asked_for());
  view.is_due = false;
  CHECK_FALSE(view.is_asked_for());
  view.candidate.clear();
  view.leader = "n1";
  CHECK_FALSE(view.is_asked_for());
  view.is_due = true;
  CHECK(view.is_asked_for());
}

TEST_CASE("keys that are not there leave nothing behind", "[views]") {
  const StoreView view = read({});
  CHECK(view.revision == 9);
  CHECK(view.as_of == TimePoint(7s));
  CHECK(view.store_id == 3);
  CHECK_FALSE(view.leader);
  CHECK(view.members.empty());
  CHECK(view.sync == SyncView{});
  CHECK(view.failover == FailoverView{});
  CHECK_FALSE(view.has_initialize);
  CHECK(view.optime == 0);
  CHECK(view.config_revision == 0);
  CHECK(view.last_history_timeline == 0);
  CHECK(view.newest_timeline == 0);
}

TEST_CASE("each key is told with its revision", "[views]") {
  CHECK(read("leader", "n1").leader == LeaderKeyView{"n1", 6, 4, 5});
  CHECK(read("initialize", "7100000000000000001").initialize == "7100000000000000001");
  CHECK(read("initialize", "").has_initialize);
  CHECK(read("config", "{}").config_revision == 5);
  CHECK(read("status", R"({"optime":77})").optime == 77);
  CHECK(read("history", R"([[1,10,"why"],[2,20,"why"]])").last_history_timeline == 2);
  CHECK(read("history", "[]").last_history_timeline == 0);

  const SyncView sync = read("sync", R"({"leader":"n1","sync_standby":"n3,n2"})").sync;
  CHECK(sync.leader == "n1");
  CHECK(sync.standbys == std::vector<std::string>{"n2", "n3"});
  CHECK(sync.mod_revision == 5);
  CHECK_FALSE(sync.is_unreadable);
  CHECK(read("sync", "{").sync.is_unreadable);

  const FailoverView failover = read("failover", R"({"leader":"n1","member":"n2"})").failover;
  CHECK(failover.leader == "n1");
  CHECK(failover.candidate == "n2");
  CHECK(failover.mod_revision == 5);
  CHECK(failover.is_due);
}

TEST_CASE("a member has data when its key tells of them, or says that there is a server", "[views]") {
  CHECK_FALSE(member_of(R"({"state":"stopped"})").has_data);
  CHECK(member_of(R"({"state":"start failed"})").has_data);
  CHECK(member_of(R"({"state":"stopped","timeline":2})").has_data);
  CHECK(member_of(R"({"state":"stopped","xlog_location":5})").has_data);
}

TEST_CASE("who is to be no synchronous standby has no priority", "[views]") {
  CHECK(member_of("{}").tags.sync_priority == 1);
  CHECK(member_of(R"({"tags":{"nosync":true}})").tags.sync_priority == 0);
  CHECK(member_of(R"({"tags":{"sync_priority":3}})").tags.sync_priority == 3);
  CHECK(member_of(R"({"tags":{"nosync":false,"sync_priority":0}})").tags.sync_priority == 1);
}

}  // namespace tamada::ha
