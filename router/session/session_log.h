// The lines a session has in the log: `session.end`, when it is over, and if wanted `session.start` before.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/address.h"
#include "common/base/time.h"
#include "common/log/event_log.h"
#include "router/balance/ids.h"
#include "router/config/log_settings.h"
#include "router/session/rules/session_end.h"
#include "router/session/rules/session_start.h"

namespace tamada::router {

// Borrows its texts for the call.
struct EndedSession {
  SessionId id;
  const Address& client;
  std::string_view listener;
  std::string_view node;      // "-": none
  const Address& server;      // not set: none
  std::uint16_t server_port;  // ours, towards the server: PostgreSQL's log knows the session by it (%r)
  std::string_view identity;  // pack_identity()
  Duration lasted;
  std::uint32_t wait_ms;   // for a server
  std::uint64_t up_bytes;  // client to server
  std::uint64_t down_bytes;
  Phase phase;  // in which it ended
  EndReason reason;
  std::string_view detail;  // a sentence, or empty
  // Its server had authenticated it; also if nobody could see whether it had (TLS). False: a stranger, who
  // can come again as often as they like.
  bool let_in;
  // Its server answered the start-up with an error (a wrong password, no such database, too many clients), or
  // closed before it was over; or it closed later although the client had not said Terminate (a shutdown,
  // pg_terminate_backend, a server process that died). A bad end, whoever closed first.
  bool refused_by_server;
};

// At warn if it ended badly (is_failure()); at debug if the client never sent a byte (health checks, port
// probes); else at info. `lines` may leave out those at info, or all. Lines about strangers are joined, by
// how their sessions ended.
void log_session_end(EventLog& log, SessionLines lines, const EndedSession& session);

// Borrows its texts for the call.
struct StartedSession {
  SessionId id;
  const Address& client;
  std::string_view listener;
  std::string_view node;
  const Address& server;
  std::uint16_t server_port;  // as in EndedSession
  std::string_view identity;
  std::uint32_t wait_ms;
};

// At info.
void log_session_start(EventLog& log, const StartedSession& session);

// User, database and application name in one string, each ended by a zero byte: what a running session keeps.
[[nodiscard]] std::string pack_identity(const SessionStart::Identity& identity);
// The three, in that order; all empty for an empty `packed`. They point into it.
[[nodiscard]] std::array<std::string_view, 3> unpack_identity(std::string_view packed);

}  // namespace tamada::router
