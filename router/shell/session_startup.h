// What session.cpp and session_startup.cpp share, and nobody else: what a session has only while it starts.
#pragma once

#include <utility>

#include "router/shell/session.h"

namespace tamada::router {

// For a client's last words once we close on it.
inline constexpr Duration farewell = 5s;

struct Session::Starting {
  Starting(ListenerSettingsPtr begun_with, const Address& peer, const Address& local)
      : settings(std::move(begun_with)), machine(settings->rules, peer, local) {}
  const ListenerSettingsPtr settings;
  SessionStart machine;
  TimePoint asked{};      // for a server, the first time
  Duration waited{};      // from then until the last grant
  TimePoint connected{};  // when the connection to the server was begun; then: when it stood
  unsigned bursts = 0;
  bool client_spoke = false;  // since the last burst
  bool passing = false;       // behind TLS
  bool answered = false;      // a byte of this server has come
  bool wait_counted = false;
  bool had_to_wait = false;  // counted
};

// cut_line(), also for sessions of a listener that was taken out: they go on, but not on a node that lost its
// role, of which the cuts of the other listeners tell. Lives as long as the table; null: stays.
[[nodiscard]] const CutLine* find_cut(const RoutingTable& table, const ListenerSettings& settings,
                                      NodeId node, Generation admitted);

}  // namespace tamada::router
