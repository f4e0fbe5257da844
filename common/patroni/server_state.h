// ServerState: what Patroni says that a node's PostgreSQL does (postgresql/misc.py of Patroni), with its word in
// /patroni and in the member key, and its number in the metric patroni_postgres_state. Numbers never change. Pure.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace tamada::patroni {

enum class ServerState {
  initializing,  // initdb runs
  initialization_failed,
  custom_bootstrap,  // the script of a bootstrap method runs
  custom_bootstrap_failed,
  creating_replica,  // a clone is made
  running,           // accepts connections
  starting,
  bootstrap_starting,  // the first start after a custom bootstrap
  start_failed,
  restarting,
  restart_failed,
  stopping,
  stopped,
  stop_failed,
  crashed,
};

struct ServerStateWords {
  ServerState state;
  std::string_view word;  // "creating replica"
  std::string_view key;   // "creating_replica", as the metric's description lists them
  int number;             // of the metric
};

// In the order of their numbers, which is that of the enum.
inline constexpr std::array<ServerStateWords, 15> server_states{{
    {ServerState::initializing, "initializing new cluster", "initdb", 0},
    {ServerState::initialization_failed, "initdb failed", "initdb_failed", 1},
    {ServerState::custom_bootstrap, "running custom bootstrap script", "custom_bootstrap", 2},
    {ServerState::custom_bootstrap_failed, "custom bootstrap failed", "custom_bootstrap_failed", 3},
    {ServerState::creating_replica, "creating replica", "creating_replica", 4},
    {ServerState::running, "running", "running", 5},
    {ServerState::starting, "starting", "starting", 6},
    {ServerState::bootstrap_starting, "starting after custom bootstrap", "bootstrap_starting", 7},
    {ServerState::start_failed, "start failed", "start_failed", 8},
    {ServerState::restarting, "restarting", "restarting", 9},
    {ServerState::restart_failed, "restart failed", "restart_failed", 10},
    {ServerState::stopping, "stopping", "stopping", 11},
    {ServerState::stopped, "stopped", "stopped", 12},
    {ServerState::stop_failed, "stop failed", "stop_failed", 13},
    {ServerState::crashed, "crashed", "crashed", 14},
}};

// "running", "creating replica", ...
[[nodiscard]] std::string_view word_of(ServerState state);
// 0 to 14
[[nodiscard]] int metric_number(ServerState state);
// Patroni's word; none for any other, "unknown" among them: that is what a node says whose SQL failed.
[[nodiscard]] std::optional<ServerState> server_state(std::string_view word);

// Whether SQL is asked in this state: in all others a status shows no positions.
[[nodiscard]] constexpr bool may_answer_sql(ServerState state) {
  return state == ServerState::running || state == ServerState::restarting || state == ServerState::starting;
}

}  // namespace tamada::patroni
