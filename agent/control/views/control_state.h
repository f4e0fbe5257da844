// ControlState: what the HA loop knows at one moment: out of it come the member key and what REST shows. A value of the HA
// loop's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/answers/guard_view.h"
#include "agent/ha/decider.h"
#include "agent/ha/ha_step.h"
#include "agent/postgres/formats/wal_position.h"
#include "agent/server/server_look.h"
#include "agent/server/server_setup.h"
#include "common/base/time.h"
#include "common/patroni/cluster_keys.h"
#include "common/patroni/dynamic/dynamic_settings.h"
#include "common/patroni/member_value.h"
#include "common/patroni/server_state.h"

namespace tamada::agent {

struct ControlState {
  ServerSetupPtr setup;
  patroni::DynamicSettings dynamic;  // clamped; of the last configuration that could be read

  ServerLook look;
  // How often it is looked at: what one look saw is shown for three times as long, so also while the next one is under way.
  Duration look_interval = usual_look_interval;
  // What an action says that the server does; none: as the look saw it.
  std::optional<patroni::ServerState> action_state;
  ha::ActionKind action = ha::ActionKind::none;
  bool has_left = false;      // the agent ends in a pause, and its server goes on
  bool has_crashed = false;   // it ended by itself, and nobody has started it since
  bool takes_writes = false;  // ha: and nothing keeps a commit from being acknowledged
  std::string system_id;      // of the data directory, as last known

  patroni::ClusterKeys keys{""};
  std::optional<TimePoint> heard;  // the keys were true then; none: never read
  std::int64_t heard_at = 0;       // the same, seconds since 1970; 0: never

  ha::HaState ha;
  bool has_guard_fired = false;
  bool is_guard_missing = false;
  GuardView guard;
  std::string disk_problem;  // a sentence for people; empty: there is room
  TimePoint next_run{};

  std::vector<patroni::PendingRestart> pending_restart;
  std::optional<patroni::ScheduledRestart> scheduled_restart;
  bool watchdog_failed = false;
  bool checkpoint_missing = false;  // promoted, and the first checkpoint is not over
  std::uint64_t log_waiting = 0;
  std::uint64_t log_lost = 0;
};

}  // namespace tamada::agent
