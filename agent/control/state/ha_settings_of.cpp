#include "agent/control/state/ha_settings_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace tamada::agent {
namespace {

std::chrono::seconds seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

int as_int(std::int64_t number) {
  return static_cast<int>(
      std::clamp<std::int64_t>(number, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

}  // namespace

ha::ClusterSettings cluster_settings_of(const ServerSetup& setup,
                                        const std::vector<patroni::Unsupported>& unsupported) {
  const patroni::DynamicSettings& shared = setup.shared;
  ha::ClusterSettings made;
  made.ttl = seconds(shared.ttl);
  made.loop_wait = shared.loop_wait;
  made.retry_timeout = shared.retry_timeout;
  made.maximum_lag_on_failover =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, shared.maximum_lag_on_failover));
  made.maximum_lag_on_syncnode = shared.maximum_lag_on_syncnode > 0 ? shared.maximum_lag_on_syncnode : -1;
  made.check_timeline = shared.check_timeline;
  made.primary_start_timeout = shared.primary_start_timeout;
  made.synchronous_mode = shared.synchronous_mode != patroni::SynchronousMode::off;
  made.synchronous_mode_strict = shared.synchronous_mode_strict;
  made.synchronous_node_count = shared.synchronous_node_count;
  made.pause = shared.pause;
  made.use_pg_rewind = setup.postgres.use_pg_rewind;
  made.remove_data_on_rewind_failure = setup.postgres.remove_data_directory_on_rewind_failure;
  made.remove_data_on_diverged_timelines = setup.postgres.remove_data_directory_on_diverged_timelines;
  for (const patroni::Unsupported what : unsupported) {
    if (!made.unsupported.empty()) made.unsupported += "; ";
    made.unsupported += fmt::format("{} is not supported yet", patroni::name_of(what));
  }
  return made;
}

ha::NodeSettings node_settings_of(const AgentConfig& config) {
  ha::NodeSettings made;
  made.name = config.name;
  made.tags.nofailover = config.tags.nofailover();
  made.tags.failover_priority = as_int(config.tags.failover_priority());
  made.tags.sync_priority = config.tags.nosync() ? 0 : std::max(1, as_int(config.tags.sync_priority()));
  made.tags.nostream = config.tags.nostream();
  made.tags.replicatefrom = config.tags.replicatefrom();
  made.may_bootstrap = config.bootstrap.is_given;
  return made;
}

}  // namespace tamada::agent
