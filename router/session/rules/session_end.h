// How a session ended: who ended it, in which phase, why. For the one log line each session gets, and for
// people who read HAProxy's two letters (its manual, "Session state at disconnection").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "router/balance/routing_table.h"

namespace tamada::router {

enum class EndedBy : std::uint8_t { client, server, router };

// How far a session has come. Only onwards, except that an unseen retry goes back to hold.
enum class Phase : std::uint8_t {
  first_packet,  // the client's PROXY header and first packets
  hold,          // waiting for a fit node, or for room on one
  connect,       // the connection to the server is being made
  startup,       // the server has the first packet; ReadyForQuery has not come
  relay,         // bytes are passed on
  closing,       // one side has sent FIN
};

enum class EndReason : std::uint8_t {
  client_closed,
  client_reset,
  nothing_sent,  // came and left without a byte: a health check or a port probe
  server_closed,
  server_reset,
  startup_timeout,  // the client owed something for too long
  made_room,        // the client owed something, and every client slot was taken
  bad_start,        // the first packets are not PostgreSQL's
  bad_proxy_header,
  denied,
  wait_expired,   // held in vain
  address_limit,  // its address has as many connections as it may
  turned_away,    // refused at once: the queue is full or the listener is gone
  idle_timeout,
  client_fin_timeout,  // the server has closed, the client did not follow
  server_fin_timeout,
  draining,     // held or starting while the router shuts down
  drain_limit,  // running when the time for shutting down was over
  shutdown,     // the router stops now
  ended_by_hand,
  // one for each CutCause
  cut_demoted,
  cut_superseded,
  cut_failed,
  cut_lagging,
  cut_promoted,
  cut_refused,
  cut_maintenance,
};

[[nodiscard]] std::string_view word_of(EndedBy by);
[[nodiscard]] std::string_view word_of(Phase phase);
[[nodiscard]] EndedBy ended_by(EndReason reason);
// One word for the log: "node-demoted", "reset", ...
[[nodiscard]] std::string_view word_of(EndReason reason);
// `cause` is not none.
[[nodiscard]] EndReason end_reason_of(CutCause cause);
// Did it end badly: refused, cut, torn down by the server, waited in vain? No: an orderly end, a client that
// came without a word or tore its session down itself, and what somebody asked for by hand.
[[nodiscard]] bool is_failure(EndReason reason, Phase phase);
// The two letters: first what happened (C client, S server, c or s their time-outs, P refused by the
// router, D node down or demoted, K by hand or shutdown), then where (R request, Q queue,
// C connect, D data, L last bytes). "--" is a normal end.
[[nodiscard]] std::string haproxy_letters(EndReason reason, Phase phase);

}  // namespace tamada::router
