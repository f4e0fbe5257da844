#include "router/session/rules/session_end.h"

#include <array>
#include <cassert>
#include <utility>

namespace tamada::router {

namespace {

// Is it a failure, for whoever reads the log?
enum class Failure : std::uint8_t {
  no,
  while_waiting,  // of a client that left before it had a server: it gave up
  yes,
};

struct Row {
  EndReason reason;
  EndedBy by;
  std::string_view word;
  char letter;
  bool normal_once_relaying;  // an orderly close
  Failure failure;
};

constexpr std::array rows = {
    Row{EndReason::client_closed, EndedBy::client, "closed", 'C', true, Failure::while_waiting},
    Row{EndReason::client_reset, EndedBy::client, "reset", 'C', false, Failure::while_waiting},
    Row{EndReason::nothing_sent, EndedBy::client, "nothing-sent", 'C', false, Failure::no},
    Row{EndReason::server_closed, EndedBy::server, "closed", 'S', true, Failure::no},
    Row{EndReason::server_reset, EndedBy::server, "reset", 'S', false, Failure::yes},
    Row{EndReason::startup_timeout, EndedBy::router, "startup-timeout", 'c', false, Failure::yes},
    Row{EndReason::made_room, EndedBy::router, "made-room", 'c', false, Failure::yes},
    Row{EndReason::bad_start, EndedBy::router, "bad-start", 'P', false, Failure::yes},
    Row{EndReason::bad_proxy_header, EndedBy::router, "bad-proxy-header", 'P', false, Failure::yes},
    Row{EndReason::denied, EndedBy::router, "denied", 'P', false, Failure::yes},
    Row{EndReason::wait_expired, EndedBy::router, "wait-expired", 's', false, Failure::yes},
    Row{EndReason::address_limit, EndedBy::router, "address-limit", 'P', false, Failure::yes},
    Row{EndReason::turned_away, EndedBy::router, "turned-away", 'P', false, Failure::yes},
    Row{EndReason::idle_timeout, EndedBy::router, "idle-timeout", 'c', false, Failure::yes},
    Row{EndReason::client_fin_timeout, EndedBy::router, "client-fin-timeout", 'c', false, Failure::yes},
    Row{EndReason::server_fin_timeout, EndedBy::router, "server-fin-timeout", 's', false, Failure::yes},
    Row{EndReason::draining, EndedBy::router, "draining", 'K', false, Failure::yes},
    Row{EndReason::drain_limit, EndedBy::router, "drain-limit", 'K', false, Failure::yes},
    Row{EndReason::shutdown, EndedBy::router, "shutdown", 'K', false, Failure::yes},
    Row{EndReason::ended_by_hand, EndedBy::router, "ended-by-hand", 'K', false, Failure::no},
    Row{EndReason::cut_demoted, EndedBy::router, "node-demoted", 'D', false, Failure::yes},
    Row{EndReason::cut_superseded, EndedBy::router, "node-superseded", 'D', false, Failure::yes},
    Row{EndReason::cut_failed, EndedBy::router, "node-failed", 'D', false, Failure::yes},
    Row{EndReason::cut_lagging, EndedBy::router, "node-lagging", 'D', false, Failure::yes},
    Row{EndReason::cut_promoted, EndedBy::router, "node-promoted", 'D', false, Failure::yes},
    Row{EndReason::cut_refused, EndedBy::router, "node-refused", 'D', false, Failure::yes},
    Row{EndReason::cut_maintenance, EndedBy::router, "maintenance", 'K', false, Failure::no},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].reason) != i) return false;
  }
  return rows.size() == static_cast<std::size_t>(EndReason::cut_maintenance) + 1;
}
static_assert(in_order(), "rows stand in the order of EndReason");

const Row& row_of(EndReason reason) {
  return rows[static_cast<std::size_t>(reason)];
}

struct PhaseRow {
  std::string_view word;
  char letter;
};
constexpr std::array phases = {PhaseRow{"first-packet", 'R'}, PhaseRow{"hold", 'Q'},
                               PhaseRow{"connect", 'C'},      PhaseRow{"startup", 'D'},
                               PhaseRow{"relay", 'D'},        PhaseRow{"closing", 'L'}};

}  // namespace

std::string_view word_of(EndedBy by) {
  constexpr std::array<std::string_view, 3> words = {"client", "server", "router"};
  return words[static_cast<std::size_t>(by)];
}

std::string_view word_of(Phase phase) {
  return phases[static_cast<std::size_t>(phase)].word;
}

EndedBy ended_by(EndReason reason) {
  return row_of(reason).by;
}

std::string_view word_of(EndReason reason) {
  return row_of(reason).word;
}

EndReason end_reason_of(CutCause cause) {
  switch (cause) {
    case CutCause::none:
      break;
    case CutCause::demoted:
      return EndReason::cut_demoted;
    case CutCause::superseded:
      return EndReason::cut_superseded;
    case CutCause::failed:
      return EndReason::cut_failed;
    case CutCause::lagging:
      return EndReason::cut_lagging;
    case CutCause::promoted:
      return EndReason::cut_promoted;
    case CutCause::refused:
      return EndReason::cut_refused;
    case CutCause::maintenance:
      return EndReason::cut_maintenance;
  }
  assert(cause != CutCause::none);
  return EndReason::cut_failed;
}

bool is_failure(EndReason reason, Phase phase) {
  const Failure failure = row_of(reason).failure;
  if (failure != Failure::while_waiting) return failure == Failure::yes;
  return phase == Phase::hold || phase == Phase::connect;
}

std::string haproxy_letters(EndReason reason, Phase phase) {
  const Row& row = row_of(reason);
  if (row.normal_once_relaying && phase >= Phase::startup) return "--";
  return {row.letter, phases[static_cast<std::size_t>(phase)].letter};
}

}  // namespace tamada::router
