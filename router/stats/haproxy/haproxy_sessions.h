// `show sess` of HAProxy's socket: one line for each client connection, in HAProxy's shape (the id and a
// colon, then words of the form key=value), so that scripts that pick words out of it go on working. Words
// that HAProxy has of its own inside (tasks, buffers, analysers) are 0; what the router knows beyond HAProxy
// follows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "router/balance/ids.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// Every connection; with an id, that one only: "Session not found." if there is none.
[[nodiscard]] std::string show_sessions(const SessionList& list);
[[nodiscard]] std::string show_session(const SessionList& list, SessionId id);

// HAProxy's id is a pointer, "0x7f41a4034920", and people hand it to `shutdown session`. Ours is the worker
// and its number in one: "0x1000000000011" is worker 1's 17th. Reads that, and the API's "1.17".
[[nodiscard]] std::string haproxy_session_id(SessionId id);
[[nodiscard]] std::optional<SessionId> parse_haproxy_session_id(std::string_view text);

}  // namespace tamada::router
