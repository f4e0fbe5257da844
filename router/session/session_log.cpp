#include "router/session/session_log.h"

#include <fmt/format.h>

namespace tamada::router {

namespace {

std::string_view or_dash(std::string_view word) {
  return word.empty() ? std::string_view("-") : word;
}

LogLevel level_of(const EndedSession& session) {
  if (session.reason == EndReason::nothing_sent) return LogLevel::debug;
  return session.refused_by_server || is_failure(session.reason, session.phase) ? LogLevel::warn
                                                                                : LogLevel::info;
}

bool is_wanted(SessionLines lines, LogLevel level) {
  return lines == SessionLines::all || (lines == SessionLines::failures && level == LogLevel::warn);
}

}  // namespace

void log_session_end(EventLog& log, SessionLines lines, const EndedSession& session) {
  const LogLevel level = level_of(session);
  if (!is_wanted(lines, level) || !log.enabled(level)) return;
  const auto [user, database, application] = unpack_identity(session.identity);
  const std::string id = fmt::format("{}.{}", session.id.worker, session.id.number);
  const std::string client = session.client.to_string();
  const std::string server = session.server.to_string();
  const std::string letters = haproxy_letters(session.reason, session.phase);
  const std::initializer_list<LogField> fields = {
      {"id", std::string_view(id)},
      {"client", std::string_view(client)},
      {"listener", session.listener},
      {"node", session.node},
      {"server", std::string_view(server)},
      {"server_side_port", std::uint64_t{session.server_port}},
      {"user", or_dash(user)},
      {"database", or_dash(database)},
      {"application", or_dash(application)},
      {"dur_ms", std::int64_t{to_ms(session.lasted)}},
      {"wait_ms", std::uint64_t{session.wait_ms}},
      {"up_bytes", session.up_bytes},
      {"down_bytes", session.down_bytes},
      {"ended_by", word_of(ended_by(session.reason))},
      {"phase", word_of(session.phase)},
      {"why", word_of(session.reason)},
      {"detail", or_dash(session.detail)},
      {"haproxy", std::string_view(letters)},
  };
  if (session.let_in) return log.write(level, "session.end", fields);
  log.write_joined(level, "session.end", {word_of(session.reason), session.client.ip_bytes()}, fields);
}

void log_session_start(EventLog& log, const StartedSession& session) {
  if (!log.enabled(LogLevel::info)) return;
  const auto [user, database, application] = unpack_identity(session.identity);
  const std::string id = fmt::format("{}.{}", session.id.worker, session.id.number);
  const std::string client = session.client.to_string();
  const std::string server = session.server.to_string();
  log.write(LogLevel::info, "session.start",
            {{"id", std::string_view(id)},
             {"client", std::string_view(client)},
             {"listener", session.listener},
             {"node", session.node},
             {"server", std::string_view(server)},
             {"server_side_port", std::uint64_t{session.server_port}},
             {"user", or_dash(user)},
             {"database", or_dash(database)},
             {"application", or_dash(application)},
             {"wait_ms", std::uint64_t{session.wait_ms}}});
}

std::string pack_identity(const SessionStart::Identity& identity) {
  std::string packed;
  packed.reserve(identity.user.size() + identity.database.size() + identity.application.size() + 3);
  for (const std::string* name : {&identity.user, &identity.database, &identity.application}) {
    packed += *name;
    packed += '\0';
  }
  return packed;
}

std::array<std::string_view, 3> unpack_identity(std::string_view packed) {
  std::array<std::string_view, 3> names;
  for (std::string_view& name : names) {
    const std::size_t size = packed.find('\0');
    if (size == std::string_view::npos) break;
    name = packed.substr(0, size);
    packed.remove_prefix(size + 1);
  }
  return names;
}

}  // namespace tamada::router
