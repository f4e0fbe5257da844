#include "router/stats/api/api_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/a_snapshot.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;
using Json = nlohmann::ordered_json;

namespace {

std::string keys_of(const std::string& object) {
  std::string keys;
  const Json json = Json::parse(object);
  for (const auto& [key, value] : json.items()) keys += (keys.empty() ? "" : " ") + key;
  return keys;
}

Json section(const StatsSnapshot& snapshot, std::string_view name) {
  return Json::parse(section_json(snapshot, name).value());
}

}  // namespace

TEST_CASE("each section alone is what the whole state holds of it", "[api_json]") {
  const StatsSnapshot snapshot = a_snapshot();
  const Json state = Json::parse(state_json(snapshot));
  CHECK(keys_of(state.dump()) ==
        "now_at snapshot router config cluster leader disagreements nodes listeners failovers history");
  for (const auto& [name, json] : state_sections(snapshot).sections) {
    CHECK(section(snapshot, name) == state.at(std::string(name)));
    CHECK(json == *section_json(snapshot, name));
  }
  CHECK_FALSE(section_json(snapshot, "secrets"));
}

TEST_CASE("changes hold only the sections that differ, and always the time and the number", "[api_json]") {
  const StateSections before = state_sections(a_snapshot());
  StatsSnapshot later = a_snapshot();
  later.now += 1s;
  later.wall_now += 1s;
  later.number = 18;
  later.leader.reason = "pg1 says so";
  CHECK(keys_of(state_sections(later).changes_since(before)) == "now_at snapshot leader");
  CHECK(keys_of(before.changes_since(before)) == "now_at snapshot");
  CHECK(Json::parse(state_sections(later).changes_since(before)).at("now_at") == 1'795'000'001'000);
}

TEST_CASE("a snapshot of a router that knows nothing yet renders, with nulls", "[api_json]") {
  StatsSnapshot empty;
  empty.charts = std::make_shared<const Charts>();
  const Json state = Json::parse(state_json(empty));
  CHECK(state.at("leader").at("name").is_null());
  CHECK(state.at("leader").at("since_at").is_null());
  CHECK(state.at("cluster").at("etcd").is_null());
  CHECK(state.at("config").at("refused_at").is_null());
  CHECK(state.at("nodes").empty());
  CHECK(Json::parse(charts_json(*empty.charts)).at("listeners").dump() == "{}");
}

TEST_CASE("while nobody leads, the state says since when and who waits", "[api_json]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.leader = {{}, "", "no leader: pg1 does not answer (no answer in time)", ago(7s)};
  snapshot.leadership.none_since = ago(7s);
  snapshot.listeners[0].held = 40;
  snapshot.listeners[1].held = 5;  // waits for a replica: does not count
  const Json leader = section(snapshot, "leader");
  CHECK(leader.at("name").is_null());
  CHECK(leader.at("configured_name").is_null());
  CHECK(leader.at("without_leader_since_at") == 1'794'999'993'000);
  CHECK(leader.at("waiting") == 42);
}

TEST_CASE("one element is found by what it is called", "[api_json]") {
  const StatsSnapshot snapshot = a_snapshot();
  CHECK(Json::parse(*item_json(snapshot, "nodes", "pg2")).at("name") == "pg2");
  CHECK(Json::parse(*item_json(snapshot, "nodes", "second")).at("name") == "pg2");
  CHECK(Json::parse(*item_json(snapshot, "listeners", "read")).at("id") == 2);
  CHECK(Json::parse(*item_json(snapshot, "failovers", "1")).at("from") == "pg1");
  CHECK_FALSE(item_json(snapshot, "nodes", "pg9"));
  CHECK_FALSE(item_json(snapshot, "failovers", "01"));
  CHECK_FALSE(item_json(snapshot, "history", "0"));
  CHECK_FALSE(item_json(snapshot, "", ""));
}

TEST_CASE("a node's own name comes before the name that another was configured by", "[api_json]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[0].view.configured_name = "pg2";
  CHECK(Json::parse(*item_json(snapshot, "nodes", "pg2")).at("name") == "pg2");
}

TEST_CASE("bytes that are no UTF-8 are replaced, in values and in keys", "[api_json]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[1].view.name = "pg\xff";
  snapshot.listeners[0].name = "wr\xc3";
  const Json state = Json::parse(state_json(snapshot));
  CHECK(state.at("nodes").at(1).at("name") == "pg\xef\xbf\xbd");
  CHECK(state.at("nodes").at(0).at("listeners").contains("wr\xef\xbf\xbd"));
}

TEST_CASE("a time of the boot clock is told as the wall clock's", "[api_json]") {
  const Json node = section(a_snapshot(), "nodes").at(2);
  CHECK(node.at("admin_since_at") == 1'794'998'800'000);
  CHECK(node.at("heard_at") == 1'794'999'999'600);
  CHECK(node.at("lag_ms") == 4200);
  CHECK(node.at("check").at("took_ms") == 8.4);
}

TEST_CASE("a chart's event is its newest point", "[api_json]") {
  Charts charts;
  charts.end = snapshot_wall;
  charts.listeners = {{ListenerId{1}, "write", {{1, 0, 0.5, 10, 20}, {7, 2, 0.333333, 1000.4, 2000.6}}},
                      {ListenerId{2}, "read", {}}};
  CHECK(chart_event_json(charts) == R"({"at":1795000000000,"points":{"write":[7,2,0.33,1000,2001]}})");
  CHECK(charts_json(charts) ==
        R"({"step_ms":5000,"end_at":1795000000000,"listeners":{"write":{"sessions":[1,7],"waiting":[0,2],)"
        R"("new_per_s":[0.5,0.33],"up_per_s":[10,1000],"down_per_s":[20,2001]},"read":{"sessions":[],)"
        R"("waiting":[],"new_per_s":[],"up_per_s":[],"down_per_s":[]}}})");
}
