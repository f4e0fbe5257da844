#include "agent/postgres/server_query.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/postgres/formats/number_text.h"
#include "agent/postgres/row_reader.h"
#include "common/base/list_text.h"

namespace tamada::agent {

namespace {

constexpr std::size_t query_sets = 3;

// One row. The order is read_status()'s.
std::string status_select(const ServerQueryOptions& options) {
  const char* const pending = options.with_settings
                                  ? "(SELECT pg_catalog.string_agg(name, ',' ORDER BY name) FROM "
                                    "pg_catalog.pg_settings WHERE pending_restart)"
                                  : "NULL";
  return fmt::format(
      "SELECT r.recovering, pg_catalog.current_setting('server_version_num'),"
      " (SELECT system_identifier FROM pg_catalog.pg_control_system()),"
      " pg_catalog.to_char(pg_catalog.pg_postmaster_start_time() AT TIME ZONE 'UTC',"
      " 'YYYY-MM-DD HH24:MI:SS.US') || '+00:00',"
      " (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),"
      " CASE WHEN NOT r.recovering THEN ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name("
      "pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END,"
      " CASE WHEN NOT r.recovering THEN pg_catalog.pg_current_wal_insert_lsn() END,"
      " CASE WHEN NOT r.recovering THEN pg_catalog.pg_current_wal_flush_lsn() END,"
      " CASE WHEN r.recovering THEN pg_catalog.pg_last_wal_receive_lsn() END,"
      " CASE WHEN r.recovering THEN pg_catalog.pg_last_wal_replay_lsn() END,"
      " CASE WHEN r.recovering THEN pg_catalog.to_char(pg_catalog.pg_last_xact_replay_timestamp()"
      " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00:00' END,"
      " CASE WHEN r.recovering THEN pg_catalog.pg_is_wal_replay_paused() ELSE false END,"
      " w.pid, w.status, w.received_tli, w.written_lsn, w.flushed_lsn, w.latest_end_lsn, w.slot_name, "
      "w.conninfo,"
      " pg_catalog.current_setting('synchronous_commit'),"
      " pg_catalog.current_setting('synchronous_standby_names'), "
      "pg_catalog.current_setting('restore_command'),"
      " pg_catalog.current_setting('primary_conninfo'), pg_catalog.current_setting('primary_slot_name'), {}"
      " FROM (SELECT pg_catalog.pg_is_in_recovery() AS recovering OFFSET 0) r"
      " LEFT JOIN pg_catalog.pg_stat_get_wal_receiver() w ON true",
      pending);
}

std::string slots_select(const ServerQueryOptions& options) {
  const char* const failover = options.major >= 17 ? "s.failover, s.synced" : "false, false";
  return fmt::format(
      "SELECT s.slot_name, s.slot_type = 'logical', s.plugin, s.database, s.active, s.temporary,"
      " s.xmin IS NOT NULL OR (s.slot_type = 'physical' AND s.catalog_xmin IS NOT NULL),"
      " s.restart_lsn, s.confirmed_flush_lsn, s.wal_status, {},"
      " pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery()"
      " THEN greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())"
      " ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn)::bigint"
      " FROM pg_catalog.pg_replication_slots s ORDER BY s.slot_name",
      failover);
}

const char* senders_select() {
  return "SELECT a.pid, a.usename, a.application_name, pg_catalog.host(a.client_addr), a.state, a.sync_state,"
         " a.sync_priority, a.write_lsn, a.flush_lsn, a.replay_lsn,"
         " EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.active_pid = a.pid"
         " AND s.slot_type = 'logical')"
         " FROM pg_catalog.pg_stat_replication a ORDER BY a.pid";
}

std::optional<ReceiverStatus> read_receiver(RowReader& row) {
  ReceiverStatus receiver;
  const auto pid = row.optional_number<pid_t>();
  receiver.status = row.text_or_empty();
  receiver.timeline = row.optional_number<Timeline>();
  receiver.written = row.position();
  receiver.flushed = row.position();
  receiver.latest_end = row.position();
  receiver.slot_name = row.text_or_empty();
  receiver.conninfo = row.text_or_empty();
  if (!pid) return std::nullopt;
  receiver.pid = *pid;
  return receiver;
}

ServerStatus read_status(RowReader& row) {
  ServerStatus status;
  status.in_recovery = row.flag();
  status.server_version = row.number<int>();
  status.system_identifier = row.number<std::uint64_t>();
  status.postmaster_start_time = row.text();
  status.checkpoint_timeline = row.optional_number<Timeline>();
  status.timeline = row.optional_number<Timeline>();
  status.inserted = row.position();
  status.flushed = row.position();
  status.received = row.position();
  status.replayed = row.position();
  status.replayed_at = row.optional_text();
  status.is_replay_paused = row.flag();
  status.receiver = read_receiver(row);
  status.synchronous_commit = row.text_or_empty();
  status.synchronous_standby_names = row.text_or_empty();
  status.restore_command = row.text_or_empty();
  status.primary_conninfo = row.text_or_empty();
  status.primary_slot_name = row.text_or_empty();
  const std::string pending = row.text_or_empty();
  if (!pending.empty()) status.pending_restart = list_items(pending);
  return status;
}

SlotStatus read_slot(RowReader& row) {
  SlotStatus slot;
  slot.name = row.text();
  slot.is_logical = row.flag();
  slot.plugin = row.text_or_empty();
  slot.database = row.text_or_empty();
  slot.is_active = row.flag();
  slot.is_temporary = row.flag();
  slot.has_xmin = row.flag();
  slot.restart = row.position();
  slot.confirmed = row.position();
  slot.wal_status = row.text_or_empty();
  slot.is_failover = row.flag();
  slot.is_synced = row.flag();
  slot.retained_bytes = row.optional_number<std::int64_t>();
  return slot;
}

SenderStatus read_sender(RowReader& row) {
  SenderStatus sender;
  sender.pid = row.number<pid_t>();
  sender.user = row.text_or_empty();
  sender.application_name = row.text_or_empty();
  sender.client_address = row.text_or_empty();
  sender.state = row.text_or_empty();
  sender.sync_state = row.text_or_empty();
  sender.sync_priority = row.optional_number<int>();
  sender.written = row.position();
  sender.flushed = row.position();
  sender.replayed = row.position();
  sender.is_logical = row.flag();
  return sender;
}

}  // namespace

postgres::Statement server_query(const ServerQueryOptions& options) {
  return {fmt::format("{}; {}; {}", status_select(options), slots_select(options), senders_select()),
          {},
          postgres::Protocol::simple};
}

Result<ServerStatus> parse_server_status(const postgres::Answer& answer) {
  if (!answer) return tl::make_unexpected(answer.error().error);
  const auto wrong = [](const std::string& what) {
    return fail(ErrorKind::invalid, "the server's answer to the agent's query " + what);
  };
  if (answer->size() != query_sets || (*answer)[0].rows.size() != 1)
    return wrong("has another form than asked for");
  std::optional<std::string> problem;
  const auto reader = [&problem](const auto& row) { return RowReader(row, problem); };

  RowReader first = reader((*answer)[0].rows.front());
  ServerStatus status = read_status(first);
  for (const auto& row : (*answer)[1].rows) {
    RowReader cells = reader(row);
    status.slots.push_back(read_slot(cells));
  }
  for (const auto& row : (*answer)[2].rows) {
    RowReader cells = reader(row);
    status.senders.push_back(read_sender(cells));
  }
  if (problem) return wrong(*problem);
  return status;
}

std::optional<WalPosition> position_of(const ServerStatus& status) {
  if (!status.in_recovery) return status.flushed;
  if (!status.received) return status.replayed;
  return std::max(*status.received, status.replayed.value_or(0));
}

}  // namespace tamada::agent
