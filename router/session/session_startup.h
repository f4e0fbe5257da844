// What session*.cpp share, and nobody else: what a session has only while it starts.
#pragma once

#include <utility>

#include "router/session/session.h"

namespace tamada::router {

// What is left of its own time to a client that is refused for its address, to come to where it can be told.
inline constexpr Duration refused_patience = 2s;

// For a client's last words once we close on it.
inline constexpr Duration linger_timeout = 5s;

struct Session::Starting {
  Starting(ListenerSettingsPtr begun_with, const Address& peer, const Address& local)
      : settings(std::move(begun_with)),
        machine(settings->rules, peer, local),
        client_left(settings->startup_timeout) {}
  const ListenerSettingsPtr settings;
  SessionStart machine;
  TimePoint asked{};        // for a server, the first time
  Duration waited{};        // from then until the last grant
  TimePoint connected{};    // when the connection to the server was begun; then: when it stood
  TimePoint owes_since{};   // the client owes something since then; TimePoint{}: it is the server's turn
  TimePoint timed_since{};  // its own time runs since then; TimePoint{}: it stands still
  Duration client_left;     // what is left of startup_timeout for the client, all its turns together
  TimePoint guess_at{};  // behind TLS: when the start-up is taken for finished, perhaps; TimePoint{}: no more
  unsigned bursts = 0;   // answers of the server
  std::size_t burst_bytes = 0;  // of the last one
  bool client_spoke = false;    // since the last burst
  bool passing = false;         // behind TLS
  bool entered = false;         // the client's address is known, and asked for
  bool has_slot = false;        // of Admission's start-up slots
  bool answered = false;        // a byte of this server has come
  bool wait_counted = false;
  bool had_to_wait = false;  // counted
};

// cut_line(), also for sessions of a listener that was taken out: they go on, but not on a node that lost its
// role, of which the cuts of the other listeners tell. Lives as long as the table; null where the session
// stays.
[[nodiscard]] const CutLine* find_cut(const RoutingTable& table, const ListenerSettings& settings,
                                      NodeId node, Generation admitted);

}  // namespace tamada::router
