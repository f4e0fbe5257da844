// What is told of a ControlState: to REST clients and to the other members. Pure.
//
// When it cannot know, nothing is claimed: a server that could not be looked at, or does not answer, is told without a
// position, and its state is "unknown". An old look counts for three intervals, then as none.
#pragma once

#include "agent/api/answers/node_snapshot.h"
#include "agent/control/views/control_state.h"
#include "common/patroni/member_tags.h"
#include "common/patroni/member_value.h"
#include "common/patroni/node_status.h"
#include "common/patroni/server_state.h"

namespace tamada::agent {

// Without a setup (nothing was read yet) the names and tags are empty.
[[nodiscard]] SnapshotPtr node_snapshot(const ControlState& state, TimePoint now);

// Patroni's view of a role and a state: also while an action runs. A server that could not be looked at is `running`, of which
// a snapshot has no facts: so it is shown as "unknown", and nobody takes it for stopped.
[[nodiscard]] patroni::ServerState server_state_of(const ControlState& state);
// What the server is held to be; of one that answers SQL, facts say it better. uninitialized: no data, or never looked at.
// demoted: it ended as a primary, and this node does not hold the lock.
[[nodiscard]] patroni::NodeRole node_role_of(const ControlState& state);

// What is told of the node's tags: while it keeps itself out of the synchronous standbys, with nosync. Of a state with a setup.
[[nodiscard]] patroni::MemberTags effective_tags_of(const ControlState& state);

// For the member key.
[[nodiscard]] patroni::MemberValue member_value(const ControlState& state, TimePoint now);

}  // namespace tamada::agent
