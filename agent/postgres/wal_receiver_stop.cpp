#include "agent/postgres/wal_receiver_stop.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>

#include "agent/postgres/row_reader.h"
#include "agent/postgres/server_commands.h"
#include "common/base/errno_text.h"
#include "common/loop/clock.h"
#include "common/process/pidfd.h"
#include "common/process/process_stat.h"

namespace tamada::agent {

namespace {

constexpr const char* look_statement =
    "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('primary_conninfo') = '',"
    " (SELECT pid FROM pg_catalog.pg_stat_get_wal_receiver()),"
    " pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn()";
// The server is asked this often. pg_sleep() waits there, so that a stop is seen at once here.
constexpr const char* pause_statement = "SELECT pg_catalog.pg_sleep(0.01)";

struct Look {
  bool in_recovery = false;
  bool is_setting_empty = false;
  std::optional<pid_t> receiver;
  ReceiverGone position;
};

Result<Look> look(BlockingSession& session, Duration limit, const std::stop_token& stop) {
  auto set = first_set_of(session.ask({look_statement}, limit, stop));
  if (!set) return tl::make_unexpected(std::move(set.error()));
  if (set->rows.size() != 1)
    return fail(ErrorKind::invalid, "the server did not say whether a receiver is there");
  std::optional<std::string> problem;
  RowReader row(set->rows.front(), problem);
  Look seen;
  seen.in_recovery = row.flag();
  seen.is_setting_empty = row.flag();
  seen.receiver = row.optional_number<pid_t>();
  seen.position.received = row.position();
  seen.position.replayed = row.position();
  if (problem) return fail(ErrorKind::invalid, "the server's answer about its receiver " + *problem);
  return seen;
}

// Also where it is gone already.
Result<void> terminate(pid_t receiver, pid_t postmaster) {
  const UniqueFd pidfd = open_pidfd(receiver);
  const auto stat = read_process_stat(receiver);
  if (!stat || stat->has_ended() || stat->parent != postmaster) return {};
  // With a pidfd the number cannot have become another's between the look and the signal.
  const int code =
      pidfd.is_open() ? send_signal(pidfd, SIGTERM) : (::kill(receiver, SIGTERM) == 0 ? 0 : errno);
  if (code == 0 || code == ESRCH) return {};
  return fail(ErrorKind::denied,
              fmt::format("signal the WAL receiver {}: {}", receiver, describe_errno(code)));
}

}  // namespace

std::optional<WalPosition> ReceiverGone::position() const {
  if (!received) return replayed;
  return std::max(*received, replayed.value_or(0));
}

Result<ReceiverGone> stop_wal_receiver(BlockingSession& session, pid_t postmaster, Duration limit,
                                       const std::stop_token& stop) {
  const TimePoint deadline = loop::boot_now() + limit;
  const auto left = [deadline] { return std::max(deadline - loop::boot_now(), Duration(0)) + answer_time; };
  if (auto reloaded = first_set_of(session.ask(reload(), left(), stop)); !reloaded)
    return tl::make_unexpected(std::move(reloaded.error()));
  // Gone twice in a row: the startup process may have been about to start another one.
  int times_gone = 0;
  bool is_setting_empty = false;
  while (loop::boot_now() < deadline) {
    const auto seen = look(session, left(), stop);
    if (!seen) return tl::make_unexpected(seen.error());
    if (!seen->in_recovery)
      return fail(ErrorKind::invalid, "the server is no standby: it has no receiver to stop");
    is_setting_empty = seen->is_setting_empty;
    times_gone = seen->is_setting_empty && !seen->receiver ? times_gone + 1 : 0;
    if (times_gone == 2) return seen->position;
    if (seen->is_setting_empty && seen->receiver) {
      if (auto sent = terminate(*seen->receiver, postmaster); !sent) return tl::make_unexpected(sent.error());
    }
    if (auto paused = first_set_of(session.ask({pause_statement}, left(), stop)); !paused)
      return tl::make_unexpected(std::move(paused.error()));
  }
  if (!is_setting_empty)
    return fail(ErrorKind::invalid,
                "the server's primary_conninfo is not empty after a reload: something else than "
                "postgresql.conf sets it");
  return fail(ErrorKind::timeout, fmt::format("the WAL receiver is not gone after {} ms", to_ms(limit)));
}

}  // namespace tamada::agent
