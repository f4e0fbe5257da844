#include "router/stats/metrics/metrics_query.h"

#include <catch2/catch.hpp>

using namespace tamada::router;

namespace {

int scopes(std::string_view query) {
  const auto parsed = parse_metrics_query(query);
  return parsed ? parsed->scopes : -1;
}

}  // namespace

TEST_CASE("without a scope everything is told", "[metrics_query]") {
  CHECK(scopes("") == MetricsQuery::all);
  CHECK(scopes("foo=bar&extra-counters") == MetricsQuery::all);
}

TEST_CASE("scopes add up; an empty one forgets those before it", "[metrics_query]") {
  CHECK(scopes("scope=server") == MetricsQuery::server);
  CHECK(scopes("scope=global&scope=frontend") == (MetricsQuery::global | MetricsQuery::frontend));
  CHECK(scopes("scope=server&scope=") == 0);
  CHECK(scopes("scope=&scope=backend") == MetricsQuery::backend);
  CHECK(scopes("scope=*") == MetricsQuery::all);
  CHECK(scopes("scope=%74amada") == MetricsQuery::tamada);
  CHECK((scopes("scope=listener") & (MetricsQuery::server | MetricsQuery::tamada)) == 0);
}

TEST_CASE("a scope that HAProxy would refuse is refused", "[metrics_query]") {
  CHECK(scopes("scope") == -1);
  CHECK(scopes("scope=bogus") == -1);
  CHECK(parse_metrics_query("scope=x").error().message.starts_with("scope: expected"));
}

TEST_CASE("metrics are picked or left out by their names", "[metrics_query]") {
  const MetricsQuery picked = *parse_metrics_query("metrics=a,b&metrics=c");
  CHECK((picked.wants("a") && picked.wants("c")));
  CHECK_FALSE(picked.wants("d"));
  const MetricsQuery without = *parse_metrics_query("metrics=-a,,&no-maint");
  CHECK_FALSE(without.wants("a"));
  CHECK(without.wants("b"));
  CHECK(without.no_maint);
}
