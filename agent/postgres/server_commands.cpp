#include "agent/postgres/server_commands.h"

#include <fmt/format.h>

#include "agent/postgres/row_reader.h"

namespace tamada::agent {

namespace {

std::string in_quotes(const std::string& text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

tl::unexpected<Error> wrong(const char* command, const std::string& what) {
  return fail(ErrorKind::invalid, fmt::format("the server's answer to {} {}", command, what));
}

}  // namespace

std::string quote_identifier(const std::string& name) {
  return in_quotes(name, '"');
}

std::string quote_literal(const std::string& text) {
  if (text.find('\\') == std::string::npos) return in_quotes(text, '\'');
  std::string doubled;
  for (const char c : text) {
    if (c == '\\') doubled += c;
    doubled += c;
  }
  return " E" + in_quotes(doubled, '\'');
}

postgres::Statement create_physical_slot(const std::string& name) {
  return {
      "SELECT lsn FROM pg_catalog.pg_create_physical_replication_slot($1::name, true)"
      " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $1::name)",
      {name}};
}

postgres::Statement drop_slot(const std::string& name) {
  return {
      "SELECT slot_name, pg_catalog.pg_drop_replication_slot(slot_name)"
      " FROM pg_catalog.pg_replication_slots WHERE slot_name = $1::name AND NOT active",
      {name}};
}

postgres::Statement advance_slot(const std::string& name, WalPosition to) {
  return {
      "SELECT s.slot_name, pg_catalog.pg_replication_slot_advance(s.slot_name, $2::pg_lsn)"
      " FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = $1::name AND NOT s.active"
      " AND s.restart_lsn IS NOT NULL"
      " AND coalesce(s.confirmed_flush_lsn, s.restart_lsn) < $2::pg_lsn",
      {name, format_wal_position(to)}};
}

postgres::Statement create_user(const WantedUser& user) {
  std::string options = "WITH LOGIN";
  if (user.is_superuser) options += " SUPERUSER";
  if (user.is_replication) options += " REPLICATION";
  if (user.password) options += " PASSWORD " + quote_literal(*user.password);
  // EXECUTE with the texts as literals: a DO block takes no values.
  const std::string name = quote_literal(user.name);
  const std::string rest = quote_literal(options);
  const std::string body = fmt::format(
      "BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {0}) THEN"
      " EXECUTE pg_catalog.format('ALTER ROLE %I %s', {0}, {1});"
      " ELSE EXECUTE pg_catalog.format('CREATE ROLE %I %s', {0}, {1}); END IF; END",
      name, rest);
  return {
      "SET LOCAL synchronous_commit TO local; SET LOCAL log_statement TO none;"
      " SET LOCAL log_min_duration_statement TO -1; SET LOCAL log_min_error_statement TO panic;"
      " SET LOCAL pg_stat_statements.track_utility TO off; DO " +
          quote_literal(body),
      {},
      postgres::Protocol::simple};
}

postgres::Statement grant_rewind(const std::string& user) {
  std::string sql = "SET LOCAL synchronous_commit TO local";
  for (const char* function :
       {"pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)", "pg_read_binary_file(text)",
        "pg_read_binary_file(text, bigint, bigint, boolean)"}) {
    sql += fmt::format("; GRANT EXECUTE ON FUNCTION pg_catalog.{} TO {}", function, quote_identifier(user));
  }
  return {sql, {}, postgres::Protocol::simple};
}

postgres::Statement reload() {
  return {"SELECT pg_catalog.pg_reload_conf()"};
}
postgres::Statement checkpoint() {
  return {"CHECKPOINT"};
}
postgres::Statement resume_replay() {
  return {"SELECT pg_catalog.pg_wal_replay_resume()"};
}

postgres::Statement terminate_senders(const std::vector<pid_t>& pids) {
  return {
      "SELECT pid, pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_replication"
      " WHERE pid = ANY ($1::int[])",
      {fmt::format("{{{}}}", fmt::join(pids, ","))}};
}

postgres::Statement identify_system() {
  return {"IDENTIFY_SYSTEM", {}, postgres::Protocol::simple};
}

postgres::Statement timeline_history(Timeline timeline) {
  return {fmt::format("TIMELINE_HISTORY {}", timeline), {}, postgres::Protocol::simple};
}

Result<SystemIdentity> parse_system_identity(const postgres::Answer& answer) {
  if (!answer) return tl::make_unexpected(answer.error().error);
  if (answer->size() != 1 || answer->front().rows.size() != 1)
    return wrong("IDENTIFY_SYSTEM", "has another form than asked for");
  std::optional<std::string> problem;
  RowReader row(answer->front().rows.front(), problem);
  SystemIdentity identity;
  identity.system_identifier = row.number<std::uint64_t>();
  identity.timeline = row.number<Timeline>();
  identity.position = row.position().value_or(0);
  if (problem) return wrong("IDENTIFY_SYSTEM", *problem);
  return identity;
}

Result<TimelineHistory> parse_history_answer(const postgres::Answer& answer) {
  if (!answer) return tl::make_unexpected(answer.error().error);
  if (answer->size() != 1 || answer->front().rows.size() != 1)
    return wrong("TIMELINE_HISTORY", "has another form than asked for");
  std::optional<std::string> problem;
  RowReader row(answer->front().rows.front(), problem);
  (void)row.text();  // the file's name
  const std::string content = row.text();
  if (problem) return wrong("TIMELINE_HISTORY", *problem);
  return parse_timeline_history(content);
}

}  // namespace tamada::agent
