#include "agent/api/answers/metrics.h"

#include <catch2/catch.hpp>

#include <map>
#include <sstream>

#include "tests/support/agent_snapshot.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

const std::string labels = R"({scope="orders",name="pg1"})";

// name -> value; and that each has its type first.
std::map<std::string, std::string> read(const std::string& text, const std::string& with = labels) {
  std::map<std::string, std::string> values;
  std::map<std::string, std::string> types;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) continue;
    if (line.starts_with("# TYPE ")) {
      std::istringstream words(line.substr(7));
      std::string name;
      std::string type;
      words >> name >> type;
      types[name] = type;
      continue;
    }
    const auto at = line.find(with);
    REQUIRE(at != std::string::npos);
    const std::string name = line.substr(0, at);
    const bool counts = name == "patroni_xlog_location" || name == "patroni_xlog_received_location" ||
                        name == "patroni_xlog_replayed_location";
    CHECK(types[name] == (counts ? "counter" : "gauge"));
    values[name.substr(std::string_view("patroni_").size())] = line.substr(at + with.size() + 1);
  }
  return values;
}

std::map<std::string, std::string> metrics_of(const NodeSnapshot& snapshot) {
  return read(metrics_text(node_at(snapshot, agent_now)),
              R"({scope="orders",name=")" + snapshot.name + R"("})");
}

}  // namespace

TEST_CASE("a leader's metrics have Patroni's names and values", "[agent][metrics]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.failsafe.emplace()["pg1"] = "http://pg1:8008/patroni";
  snapshot.settings.failsafe_mode = true;
  CHECK(metrics_of(snapshot) == std::map<std::string, std::string>{
                                    {"version", "040104"},
                                    {"postgres_running", "1"},
                                    {"postmaster_start_time", "1762195202.551209"},
                                    {"primary", "1"},
                                    {"xlog_location", "5000"},
                                    {"standby_leader", "0"},
                                    {"replica", "0"},
                                    {"sync_standby", "0"},
                                    {"quorum_standby", "0"},
                                    {"xlog_received_location", "0"},
                                    {"xlog_replayed_location", "0"},
                                    {"xlog_replayed_timestamp", "0"},
                                    {"xlog_paused", "0"},
                                    {"postgres_streaming", "0"},
                                    {"postgres_in_archive_recovery", "0"},
                                    {"postgres_server_version", "150006"},
                                    {"cluster_unlocked", "0"},
                                    {"failsafe_mode_is_active", "0"},
                                    {"failsafe_mode_enabled", "1"},
                                    {"failsafe_member", "1"},
                                    {"postgres_timeline", "3"},
                                    {"dcs_last_seen", "1762195301"},
                                    {"pending_restart", "0"},
                                    {"is_paused", "0"},
                                    {"postgres_state", "5"},
                                    {"failover_priority", "1"},
                                });
}

TEST_CASE("a replica's metrics tell its positions", "[agent][metrics]") {
  NodeSnapshot snapshot = agent_replica();
  snapshot.server.facts->replayed_at = WallTime(std::chrono::milliseconds(1'762'195'300'500));
  snapshot.server.facts->replay_paused = true;
  snapshot.settings.paused = true;
  snapshot.pending_restart_reason = "{}";
  auto metrics = metrics_of(snapshot);
  CHECK(metrics["replica"] == "1");
  CHECK(metrics["primary"] == "0");
  CHECK(metrics["xlog_location"] == "0");
  CHECK(metrics["xlog_received_location"] == "5000");
  CHECK(metrics["xlog_replayed_location"] == "4500");
  CHECK(metrics["xlog_replayed_timestamp"] == "1762195300.500000");
  CHECK(metrics["xlog_paused"] == "1");
  CHECK(metrics["postgres_streaming"] == "1");
  CHECK(metrics["is_paused"] == "1");
  CHECK(metrics["pending_restart"] == "1");
}

TEST_CASE("a node that does not answer has a state all the same", "[agent][metrics]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.server.facts.reset();
  auto metrics = metrics_of(snapshot);
  CHECK(metrics["postgres_state"] == "-1");
  CHECK(metrics["postgres_running"] == "0");
  CHECK(metrics["postgres_server_version"] == "0");
  CHECK(metrics["postgres_timeline"] == "0");
  CHECK_FALSE(metrics.contains("postgres_streaming"));
  for (const auto& entry : patroni::server_states) {
    if (entry.state == patroni::ServerState::running) continue;
    snapshot.server.state = entry.state;
    CHECK(metrics_of(snapshot)["postgres_state"] == std::to_string(entry.number));
  }
}

TEST_CASE("a name with quotes stays within its label", "[agent][metrics]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.scope = "a\"b\\c\nd";
  const std::string text = metrics_text(node_at(snapshot, agent_now));
  CHECK(text.find(R"(patroni_primary{scope="a\"b\\c\nd",name="pg1"} 1)") != std::string::npos);
}
