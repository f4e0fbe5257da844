// The keys of the cluster as the REST API shows them. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/api/answers/cluster_view.h"
#include "common/patroni/cluster_keys.h"
#include "common/patroni/dynamic/dynamic_settings.h"
#include "common/patroni/member_value.h"

namespace tamada::agent {

// `heard`: when the keys were true; they are shown for `ttl` from then on.
[[nodiscard]] ClusterView cluster_view_of(const patroni::ClusterKeys& keys, TimePoint heard, Duration ttl);
// A leader key that is nobody's lock: it has no lease, so it does not end. Nobody takes it away by himself, since whoever put it
// there may mean it, and a server may run under it. With what a person can do; empty: there is no such key.
[[nodiscard]] std::string leader_key_problem(const patroni::ClusterKeys& keys);

[[nodiscard]] ClusterSettings cluster_settings_of(const patroni::DynamicSettings& settings);

// {setting: {old_value, new_value}}; empty: none is pending.
[[nodiscard]] std::string pending_restart_json(const std::vector<patroni::PendingRestart>& pending);
// {schedule, role, ...}. `with_start_time`: and the postmaster's, as in the member key.
[[nodiscard]] std::string scheduled_restart_json(const patroni::ScheduledRestart& restart,
                                                 bool with_start_time);

}  // namespace tamada::agent
