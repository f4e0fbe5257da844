#include "router/stats/metrics/prometheus.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <set>

#include "tests/support/a_snapshot.h"
#include "tests/support/csv_lines.h"
#include "tests/support/golden_file.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;

namespace {

std::string metrics(const StatsSnapshot& snapshot, std::string_view query = "",
                    const RenderOptions& options = {}) {
  return render_metrics(snapshot, *parse_metrics_query(query), options);
}

bool has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

std::size_t series_of(const std::string& text, const std::string& name) {
  const std::vector<std::string> lines = lines_of(text);
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.starts_with(name + "{") || line.starts_with(name + " ");
  }));
}

}  // namespace

TEST_CASE("the metrics of the example cluster are the golden file", "[prometheus]") {
  RenderOptions options;
  options.port = StatsListenerCounters{};
  check_golden("tests/fixtures/stats/metrics.txt", metrics(a_snapshot(), "", options));
}

TEST_CASE("the first metric is HAProxy's: netdata looks at nothing else to know it", "[prometheus]") {
  CHECK(metrics(a_snapshot()).starts_with("# HELP haproxy_process_"));
}

TEST_CASE("every family is there once, with its samples right behind its type", "[prometheus]") {
  std::set<std::string> families, series;
  std::string family;
  for (const std::string& line : lines_of(metrics(a_snapshot()))) {
    INFO(line);
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second);
    } else if (!line.starts_with("#")) {
      CHECK(line.starts_with(family));
      CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
    }
  }
  CHECK(families.size() > 200);
}

TEST_CASE("what a server is in HAProxy's metrics is one series for each state", "[prometheus]") {
  const std::string text = metrics(a_snapshot());
  CHECK(has(text, R"(haproxy_server_status{proxy="write",server="first",state="UP"} 1)"));
  CHECK(has(text, R"(haproxy_server_status{proxy="write",server="second",state="DOWN"} 1)"));
  CHECK(has(text, R"(haproxy_server_status{proxy="read",server="third",state="DRAIN"} 1)"));
  CHECK(series_of(text, "haproxy_server_status") == 6 * 5);
  CHECK(has(text, R"(haproxy_server_check_status{proxy="write",server="second",state="L7STS"} 1)"));
  CHECK(series_of(text, "haproxy_server_check_status") == 6 * 16);
  CHECK(has(text, R"(haproxy_backend_agg_server_status{proxy="write",state="DOWN"} 2)"));
  CHECK(has(text, R"(haproxy_backend_agg_check_status{proxy="read",state="L7OK"} 2)"));
  CHECK(has(text, R"(haproxy_frontend_status{proxy="write",state="UP"} 1)"));
  CHECK(has(text, R"(haproxy_backend_status{proxy="write",state="DOWN"} 0)"));
}

TEST_CASE("what is not available in HAProxy's metrics is NaN; milliseconds become seconds", "[prometheus]") {
  const std::string text = metrics(a_snapshot());
  CHECK(has(text, R"(haproxy_server_limit_sessions{proxy="write",server="first"} NaN)"));
  CHECK(has(text, R"(haproxy_server_check_duration_seconds{proxy="read",server="third"} 0.008)"));
  CHECK(has(text, R"(haproxy_server_last_session_seconds{proxy="write",server="second"} -1)"));
}

TEST_CASE("HTTP metrics are those of the page alone", "[prometheus]") {
  RenderOptions options;
  options.port = StatsListenerCounters{};
  options.port->by[1] = 12;
  const std::string text = metrics(a_snapshot(), "", options);
  CHECK(has(text, R"(haproxy_frontend_http_responses_total{proxy="stats",code="2xx"} 12)"));
  CHECK(series_of(text, "haproxy_frontend_http_responses_total") == 6);
  CHECK(series_of(metrics(a_snapshot()), "haproxy_frontend_http_responses_total") == 0);
}

TEST_CASE("the leader is a series that moves, and is gone while nobody leads", "[prometheus]") {
  StatsSnapshot snapshot = a_snapshot();
  CHECK(has(metrics(snapshot), "tamada_leader_known 1"));
  CHECK(has(metrics(snapshot), R"(tamada_leader_info{node="first",name="pg1"} 1)"));
  snapshot.leader = {};
  snapshot.leadership.none_since = ago(2'500ms);
  CHECK(has(metrics(snapshot), "tamada_leader_known 0"));
  CHECK(has(metrics(snapshot), "tamada_without_leader_seconds 2.5"));
  CHECK(series_of(metrics(snapshot), "tamada_leader_info") == 0);
}

TEST_CASE("what is not known of a node has no series", "[prometheus]") {
  StatsSnapshot snapshot = a_snapshot();
  CHECK(series_of(metrics(snapshot), "tamada_node_lag_bytes") == 2);  // the leader has none
  CHECK(has(metrics(snapshot), R"(tamada_node_lag_seconds{node="third"} 4.2)"));
  snapshot.etcd.reset();
  CHECK(series_of(metrics(snapshot), "tamada_etcd_connected") == 0);
}

TEST_CASE("a histogram adds up, and its last bucket is its count", "[prometheus]") {
  const std::string text = metrics(a_snapshot());
  CHECK(has(text, R"(tamada_listener_wait_seconds_bucket{listener="write",le="0.005"} 190)"));
  CHECK(has(text, R"(tamada_listener_wait_seconds_bucket{listener="write",le="0.01"} 198)"));
  CHECK(has(text, R"(tamada_listener_wait_seconds_bucket{listener="write",le="+Inf"} 214)"));
  CHECK(has(text, R"(tamada_listener_wait_seconds_sum{listener="write"} 31.4)"));
  CHECK(has(text, R"(tamada_listener_wait_seconds_count{listener="write"} 214)"));
}

TEST_CASE("a disagreement of a new kind is counted, too", "[prometheus]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.disagreements.push_back({"never-heard-of", "", ""});
  CHECK(has(metrics(snapshot), R"(tamada_disagreements{kind="contradicted"} 1)"));
  CHECK(has(metrics(snapshot), R"(tamada_disagreements{kind="two-claims"} 0)"));
  CHECK(has(metrics(snapshot), R"(tamada_disagreements{kind="other"} 1)"));
}

TEST_CASE("the last fail-over is the last one that is over", "[prometheus]") {
  StatsSnapshot snapshot = a_snapshot();
  CHECK(has(metrics(snapshot), "tamada_last_failover_duration_seconds 1.43"));
  CHECK(has(metrics(snapshot), "tamada_failover_running 0"));
  Failover going_on;
  going_on.number = 3;
  snapshot.failovers.insert(snapshot.failovers.begin(), going_on);
  CHECK(has(metrics(snapshot), "tamada_failovers_total 3"));
  CHECK(has(metrics(snapshot), "tamada_failover_running 1"));
  CHECK(has(metrics(snapshot), "tamada_last_failover_duration_seconds 1.43"));
}

TEST_CASE("labels are escaped and valid UTF-8", "[prometheus]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[0].view.configured_name = "a\"b\\c\nd\xFF";
  CHECK(has(metrics(snapshot), "tamada_node_up{node=\"a\\\"b\\\\c d\xEF\xBF\xBD\"} 1"));
  CHECK(Labels({{"a", "x\"\\\n"}}).text() == "a=\"x\\\"\\\\ \"");
}

TEST_CASE("a scrape may ask for less", "[prometheus]") {
  const StatsSnapshot snapshot = a_snapshot();
  CHECK(metrics(snapshot, "scope=").empty());
  CHECK(metrics(snapshot, "scope=listener").empty());
  CHECK(metrics(snapshot, "scope=server").find("# TYPE haproxy_backend") == std::string::npos);
  CHECK(metrics(snapshot, "scope=tamada").starts_with("# HELP tamada_build_info "));
  const std::string one = metrics(snapshot, "metrics=haproxy_server_status");
  CHECK(lines_of(one).size() == 2 + 6 * 5);
  CHECK(metrics(snapshot, "metrics=-haproxy_server_status").find("haproxy_server_status{") ==
        std::string::npos);
}

TEST_CASE("no-maint leaves out the servers in maintenance", "[prometheus]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[2].admin = AdminState::maintenance;
  CHECK(series_of(metrics(snapshot), "haproxy_server_current_sessions") == 6);
  CHECK(series_of(metrics(snapshot), "haproxy_server_check_code") == 4);
  CHECK(series_of(metrics(snapshot, "no-maint"), "haproxy_server_current_sessions") == 4);
}
