#include "router/stats/haproxy/haproxy_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/a_snapshot.h"
#include "tests/support/golden_file.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;
using Json = nlohmann::json;

TEST_CASE("the JSON is an array of rows of values, as HAProxy's", "[haproxy_json]") {
  const Json json = Json::parse(render_haproxy_json(a_snapshot(), {}, {}));
  REQUIRE(json.size() == 10);
  CHECK(json[0][0] == Json{{"objType", "Frontend"},
                           {"proxyId", 1},
                           {"id", 0},
                           {"field", {{"pos", 0}, {"name", "pxname"}}},
                           {"processNum", 1},
                           {"tags", {{"origin", "Key"}, {"nature", "Name"}, {"scope", "Service"}}},
                           {"value", {{"type", "str"}, {"value", "write"}}}});
  const Json& server = json[2];
  CHECK(server[0]["objType"] == "Server");
  CHECK(server[0]["id"] == 2);
  for (const Json& value : server) {
    if (value["field"]["name"] != "lastsess") continue;
    CHECK(value["field"]["pos"] == 55);
    CHECK(value["value"] == Json{{"type", "s32"}, {"value", -1}});
  }
}

TEST_CASE("the JSON of a server and its backend is the golden file", "[haproxy_json]") {
  StatQuery query;
  query.iid = 1;
  query.types = 1 << static_cast<int>(RowKind::server) | 1 << static_cast<int>(RowKind::backend);
  query.sid = 2;
  check_golden("tests/fixtures/stats/haproxy.json", render_haproxy_json(a_snapshot(), query, {}) + "\n");
}

TEST_CASE("hostile names are text in the JSON, and large numbers stay exact for programs that use doubles",
          "[haproxy_json]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[0].view.configured_name = "\"}],[\\\n\xFF";
  snapshot.listeners[0].routes[0].up_bytes = ~std::uint64_t{0};
  const Json json = Json::parse(render_haproxy_json(snapshot, {}, {}));
  CHECK(json[1][1]["value"]["value"] == "\"}],[\\ \xEF\xBF\xBD");
  for (const Json& value : json[1]) {
    if (value["field"]["name"] == "bin") CHECK(value["value"]["value"] == 9'007'199'254'740'991);
  }
}

TEST_CASE("nothing that fits is still JSON", "[haproxy_json]") {
  StatQuery query;
  query.iid = 99;
  CHECK(render_haproxy_json(a_snapshot(), query, {}) == "[]");
}

TEST_CASE("the schema is JSON", "[haproxy_json]") {
  CHECK(Json::parse(haproxy_json_schema())["oneOf"].size() == 3);
}
