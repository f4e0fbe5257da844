#include "agent/control/operator/restart_rules.h"

#include <fmt/format.h>

#include <chrono>

#include "agent/control/views/node_views.h"

namespace tamada::agent {
namespace {

// 0: not known.
int server_version(const ControlState& state) {
  if (state.look.status) return state.look.status->server_version;
  return state.setup ? state.setup->server_version : 0;
}

}  // namespace

std::string unmet_condition(const RestartRequest& request, const ControlState& state) {
  if (request.role && *request.role != node_role_of(state)) {
    return fmt::format("the role is {}, not {}", patroni::name_of(node_role_of(state)),
                       patroni::name_of(*request.role));
  }
  const int version = server_version(state);
  if (request.postgres_version_number != 0 && (version == 0 || version >= request.postgres_version_number)) {
    return fmt::format("PostgreSQL is not known to be older than {}", request.postgres_version);
  }
  if (request.only_if_pending && state.pending_restart.empty()) return "no setting waits for a restart";
  return {};
}

ScheduleStanding schedule_standing(WallTime at, WallTime now, Duration loop_wait) {
  if (now < at) return ScheduleStanding::early;
  return now - at > loop_wait * 3 / 2 ? ScheduleStanding::stale : ScheduleStanding::due;
}

patroni::ScheduledRestart scheduled_restart_of(const RestartRequest& request, const std::string& start_time) {
  patroni::ScheduledRestart restart;
  restart.schedule = iso_text(*request.schedule);
  restart.postmaster_start_time = start_time;
  auto& filters = restart.filters;
  if (request.role) filters.emplace_back("role", std::string(patroni::name_of(*request.role)));
  if (!request.postgres_version.empty()) filters.emplace_back("postgres_version", request.postgres_version);
  if (request.timeout) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*request.timeout).count();
    filters.emplace_back("timeout", std::int64_t{seconds});
  }
  if (request.only_if_pending) filters.emplace_back("restart_pending", true);
  return restart;
}

}  // namespace tamada::agent
