#include "common/patroni/member_tags.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "common/patroni/patroni_tags.h"

using namespace tamada::patroni;
using Json = nlohmann::ordered_json;

namespace {

MemberTags tags(const std::string& json) {
  auto reading = read_member_tags(Json::parse(json));
  CHECK(reading.problem.empty());
  return std::move(reading.value);
}

}  // namespace

TEST_CASE("without tags a node may lead, be synchronous, be streamed to", "[member_tags]") {
  const MemberTags none;
  CHECK_FALSE(none.nofailover());
  CHECK(none.failover_priority() == 1);
  CHECK_FALSE(none.nosync());
  CHECK(none.sync_priority() == 1);
  CHECK_FALSE(none.noloadbalance());
  CHECK_FALSE(none.clonefrom());
  CHECK_FALSE(none.nostream());
  CHECK_FALSE(none.replicatefrom());
  CHECK(none.conflicts().empty());
}

TEST_CASE("the switch counts where it and the priority contradict each other", "[member_tags]") {
  struct Row {
    std::string json;
    bool off;
    std::int64_t priority;
    std::string warning;
  };
  for (const Row& row : {
           Row{R"({"nofailover": true})", true, 0, ""},
           Row{R"({"nofailover": "false"})", true, 0, ""},
           Row{R"({"nofailover": null, "failover_priority": 0})", true, 0,
               "Conflicting configuration between nofailover: None and failover_priority: 0. Defaulting to "
               "nofailover: "
               "None"},
           Row{R"({"failover_priority": 0})", true, 0, ""},
           Row{R"({"failover_priority": "-1"})", true, -1, ""},
           Row{R"({"failover_priority": "2"})", false, 2, ""},
           Row{R"({"failover_priority": "high"})", false, 1, ""},
           Row{R"({"nofailover": true, "failover_priority": 1})", true, 0,
               "Conflicting configuration between nofailover: True and failover_priority: 1. Defaulting to "
               "nofailover: "
               "True"},
           Row{R"({"nofailover": false, "failover_priority": 0})", false, 0,
               "Conflicting configuration between nofailover: False and failover_priority: 0. Defaulting to "
               "nofailover: "
               "False"},
           Row{R"({"nofailover": false, "failover_priority": 5})", false, 5, ""},
       }) {
    INFO(row.json);
    const MemberTags found = tags(row.json);
    CHECK(found.nofailover() == row.off);
    CHECK(found.failover_priority() == row.priority);
    CHECK(found.conflicts() ==
          (row.warning.empty() ? std::vector<std::string>{} : std::vector<std::string>{row.warning}));
  }
  const MemberTags sync = tags(R"({"sync_priority": 1, "nosync": true})");
  CHECK(sync.nosync());
  CHECK(sync.conflicts().at(0).rfind("Conflicting configuration between nosync: True and sync_priority: 1.",
                                     0) == 0);
}

TEST_CASE("the other tags are read as Patroni reads each of them", "[member_tags]") {
  const MemberTags found = tags(
      R"({"noloadbalance": "no", "clonefrom": 1, "nostream": "off", "replicatefrom": "pg1", "zone": "b"})");
  CHECK(found.noloadbalance());
  CHECK(found.clonefrom());
  CHECK_FALSE(found.nostream());
  CHECK(tags(R"({"nostream": "yes"})").nostream());
  CHECK(found.replicatefrom() == "pg1");
  CHECK_FALSE(tags(R"({"replicatefrom": ""})").replicatefrom());
  CHECK(found.find("zone")->text() == "b");
}

TEST_CASE("switches that are off are not shown, unless their number is", "[member_tags]") {
  const MemberTags found = tags(
      R"({"z": false, "nosync": false, "nofailover": false, "failover_priority": 3, "clonefrom": true, "nostream": 0})");
  CHECK(found.shown().to_json().dump() ==
        R"({"z":false,"nofailover":false,"failover_priority":3,"clonefrom":true})");
  const MemberTags apart = found.without_sync();
  CHECK(apart.nosync());
  CHECK(apart.to_json().dump() ==
        R"({"z":false,"nosync":true,"nofailover":false,"failover_priority":3,"clonefrom":true,"nostream":0,)"
        R"("sync_priority":0})");
}

TEST_CASE("what is no tag is left out and told", "[member_tags]") {
  CHECK_FALSE(read_member_tags(Json::parse("[1]")).problem.empty());
  Json many = Json::object();
  for (std::size_t i = 0; i <= tags_max; ++i) many["t" + std::to_string(i)] = 1;
  CHECK(read_member_tags(many).value.all().size() == tags_max);
  CHECK_FALSE(read_member_tags(many).problem.empty());
  const auto long_one = read_member_tags(Json{{"a", std::string(name_max + 1, 'x')}, {"b\n", 1}, {"c", 1}});
  CHECK(long_one.value.to_json().dump() == R"({"c":1})");
  CHECK_FALSE(long_one.problem.empty());
}
