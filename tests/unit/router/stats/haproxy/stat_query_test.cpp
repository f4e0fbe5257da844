#include "router/stats/haproxy/stat_query.h"

#include <catch2/catch.hpp>

#include "router/stats/haproxy/haproxy_csv.h"
#include "tests/support/a_snapshot.h"
#include "tests/support/csv_lines.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;

namespace {

std::size_t rows_with(const StatQuery& query, const StatsSnapshot& snapshot = a_snapshot()) {
  return csv_rows(render_csv(snapshot, query, {})).size();
}

}  // namespace

TEST_CASE("every spelling of the CSV's address that tools use is understood", "[stat_query]") {
  for (const char* target : {"/;csv", "//;csv;norefresh", "/?;csv;scope=read", "/haproxy?stats;csv",
                             "/stats;csv", "/stats/;csv", "/;up;csv"}) {
    INFO(target);
    CHECK(parse_page_query(target).format == PageFormat::csv);
  }
  CHECK(parse_page_query("/;json").format == PageFormat::json);
  CHECK(parse_page_query("/;json").rows.format == StatQuery::Format::json);
  CHECK(parse_page_query("/;json-schema").format == PageFormat::json_schema);
  CHECK(parse_page_query("/;typed").format == PageFormat::typed);
  CHECK(parse_page_query("/").format == PageFormat::page);
  CHECK(parse_page_query("/;norefresh").norefresh);
  CHECK(parse_page_query("/;up;no-maint;csv").rows.up);
  CHECK(parse_page_query("/;up;no-maint;csv").rows.no_maint);
}

TEST_CASE("a scope is a part of a proxy's name in any case, up to the next separator", "[stat_query]") {
  for (const char* target : {"/;csv;scope=REA", "/?;csv;scope=ead;norefresh", "/?scope=read&x=1;csv",
                             "/?;csv;scope=read HTTP/1.1"}) {
    INFO(target);
    CHECK(rows_with(parse_page_query(target).rows) == 5);
  }
  CHECK(rows_with(parse_page_query("/;csv;scope=nosuch").rows) == 0);
  CHECK(rows_with(parse_page_query("/;csv;scope=").rows) == 10);
}

TEST_CASE("up leaves out servers that are DOWN or in maintenance, and keeps those that drain",
          "[stat_query]") {
  StatQuery query;
  query.up = true;
  CHECK(rows_with(query) == 7);  // write: 2 standbys out; read: the leader out, the drained one stays
}

TEST_CASE("no-maint leaves out servers in maintenance only", "[stat_query]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[2].admin = AdminState::maintenance;
  StatQuery query;
  query.no_maint = true;
  CHECK(rows_with(query, snapshot) == 8);
}

TEST_CASE("the words after `show stat` may come in any order and may be unknown", "[stat_query]") {
  const std::vector<std::string_view> words{"up", "bogus", "typed", "no-maint", "desc"};
  const StatQuery query = parse_show_stat(words);
  CHECK(query.format == StatQuery::Format::typed);
  CHECK((query.up && query.no_maint && query.describe));
  CHECK(query.iid == -1);
  const std::vector<std::string_view> bound{"3", "7", "-1", "json"};
  CHECK(parse_show_stat(bound).iid == 3);
  CHECK(parse_show_stat(bound).format == StatQuery::Format::json);
}
