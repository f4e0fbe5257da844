#include "common/patroni/server_state.h"

#include <catch2/catch.hpp>

using namespace tamada::patroni;

TEST_CASE("each state of a server has its place, its word and its number", "[server_state]") {
  for (std::size_t i = 0; i < server_states.size(); ++i) {
    const ServerStateWords& entry = server_states[i];
    CHECK(static_cast<std::size_t>(entry.state) == i);
    CHECK(entry.number == static_cast<int>(i));
    CHECK(metric_number(entry.state) == entry.number);
    CHECK(server_state(word_of(entry.state)) == entry.state);
  }
}

TEST_CASE("the numbers that dashboards know are kept", "[server_state]") {
  CHECK(metric_number(ServerState::creating_replica) == 4);
  CHECK(metric_number(ServerState::running) == 5);
  CHECK(metric_number(ServerState::starting) == 6);
  CHECK(metric_number(ServerState::stopped) == 12);
  CHECK(metric_number(ServerState::crashed) == 14);
  CHECK(word_of(ServerState::custom_bootstrap) == "running custom bootstrap script");
}

TEST_CASE("a word that is no state has no state", "[server_state]") {
  CHECK_FALSE(server_state("unknown"));
  CHECK_FALSE(server_state(""));
  CHECK_FALSE(server_state("Running"));
}

TEST_CASE("SQL is asked where a server may answer it", "[server_state]") {
  CHECK(may_answer_sql(ServerState::running));
  CHECK(may_answer_sql(ServerState::restarting));
  CHECK(may_answer_sql(ServerState::starting));
  CHECK_FALSE(may_answer_sql(ServerState::stopping));
  CHECK_FALSE(may_answer_sql(ServerState::creating_replica));
}
