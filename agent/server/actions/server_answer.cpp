#include "agent/server/actions/server_answer.h"

#include <cstdlib>

#include "agent/postgres/blocking_session.h"
#include "agent/server/settings/server_files.h"
#include "common/process/process_stat.h"

namespace tamada::agent {

namespace {

constexpr Duration connect_limit = 3s;
constexpr Duration answer_limit = 5s;
constexpr const char* not_open_yet = "57P03";  // cannot_connect_now

using Kind = ServerAnswer::Kind;

Kind kind_of(const postgres::Failure& failure) {
  switch (failure.kind) {
    case postgres::FailureKind::authentication:
    case postgres::FailureKind::server_error:
      return Kind::open;
    case postgres::FailureKind::rejected:
      if (failure.server.sqlstate == not_open_yet) return Kind::starting;
      // 57P01 and 57P02: it is being ended.
      return failure.server.sqlstate.starts_with("57P") ? Kind::silent : Kind::open;
    default:
      return Kind::silent;
  }
}

}  // namespace

ServerAnswer ask_server(const ServerSetup& setup, pid_t postmaster, const std::stop_token& stop) {
  BlockingSession session(local_conninfo(setup), connect_limit);
  const auto answer =
      session.ask({"SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery()"}, answer_limit, stop);
  if (!answer) return {kind_of(answer.error()), std::nullopt, answer.error().error.message};
  const auto& rows = answer->front().rows;
  if (rows.size() != 1 || rows[0].size() != 2 || !rows[0][0] || !rows[0][1]) {
    return {Kind::silent, std::nullopt, "it gave no answer that can be understood"};
  }
  // Its parent is the postmaster. Where /proc does not show it nothing is known, and it is believed.
  const auto backend = read_process_stat(static_cast<pid_t>(std::atoi(rows[0][0]->c_str())));
  if (backend && backend->parent != postmaster) {
    return {Kind::silent, std::nullopt, "another server listens at this node's address"};
  }
  return {Kind::open, *rows[0][1] == "t", {}};
}

}  // namespace tamada::agent
