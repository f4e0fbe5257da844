// Stops the WAL receiver of the local standby and sees it gone, so that the position that this node votes with does not
// move any more, and nobody's commits are acknowledged here after the vote (agent-design.md section 4; agent-cases.md,
// row 29).
//
// Before: the caller has written an empty primary_conninfo into the configuration. Here: reload; SIGTERM to the
// receiver's process; look until the server's sessions know the empty setting and no receiver is there; the same once
// more for one that was started in between. An empty setting alone acts only when the startup process next waits for
// log. What the server knows afterwards is read last.
#pragma once

#include <sys/types.h>

#include <optional>
#include <stop_token>

#include "agent/postgres/blocking_session.h"
#include "agent/postgres/formats/wal_position.h"

namespace tamada::agent {

struct ReceiverGone {
  std::optional<WalPosition> received;
  std::optional<WalPosition> replayed;

  // The greater of both; none: nothing was ever received nor replayed.
  [[nodiscard]] std::optional<WalPosition> position() const;
};

// Beyond the limit, for the answer to a statement that was begun within it: so the session outlives a time that ran
// out.
inline constexpr Duration answer_time = 500ms;

// On the action thread. `session`: with the local standby, as a superuser or a member of pg_monitor that may reload.
// `postmaster`: the receiver's parent; a process with another parent gets no signal. Errors: timeout (not gone in the
// time: this race is to be given up; told up to `answer_time` later where the server is slow), closed (stopped), denied (the receiver may not be signalled), invalid (the server
// is no standby, or its primary_conninfo is not empty after the time), and the session's.
[[nodiscard]] Result<ReceiverGone> stop_wal_receiver(BlockingSession& session, pid_t postmaster,
                                                     Duration limit, const std::stop_token& stop);

}  // namespace tamada::agent
