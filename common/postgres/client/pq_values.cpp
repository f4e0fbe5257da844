#include "common/postgres/client/pq_values.h"

#include <openssl/ssl.h>
#include <poll.h>

#include <array>

#include "common/base/clean_text.h"

namespace tamada::postgres {

namespace {

// With GSS encryption libpq keeps decrypted bytes where neither poll() nor we can see them: then it is asked
// again every so often.
constexpr int gss_pause_ms = 50;

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

ErrorResponse error_of(const PGresult* result) {
  const auto field = [result](int code) { return text_of(PQresultErrorField(result, code)); };
  ErrorResponse error;
  error.severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
  if (error.severity.empty()) error.severity = field(PG_DIAG_SEVERITY);
  error.sqlstate = field(PG_DIAG_SQLSTATE);
  error.message = field(PG_DIAG_MESSAGE_PRIMARY);
  error.detail = field(PG_DIAG_MESSAGE_DETAIL);
  error.hint = field(PG_DIAG_MESSAGE_HINT);
  return error;
}

std::string words_of(const PGconn* connection) {
  std::string text = text_of(PQerrorMessage(connection));
  const std::size_t place = text.find("\nLOCATION:  ");
  if (place != std::string::npos) text.erase(place, text.find('\n', place + 1) - place);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return clean_text(text);
}

std::map<std::string, std::string> reported_parameters(const PGconn* connection) {
  // What a server may report (manual, "Asynchronous Operations" of the protocol); it has no list to be asked.
  static constexpr std::array<const char*, 14> names{"server_version",    "server_encoding",
                                                     "client_encoding",   "application_name",
                                                     "is_superuser",      "in_hot_standby",
                                                     "DateStyle",         "default_transaction_read_only",
                                                     "IntervalStyle",     "TimeZone",
                                                     "search_path",       "session_authorization",
                                                     "integer_datetimes", "standard_conforming_strings"};
  std::map<std::string, std::string> parameters;
  for (const char* name : names) {
    const char* value = PQparameterStatus(connection, name);
    if (value != nullptr) parameters[name] = value;
  }
  return parameters;
}

Session session_of(PGconn* connection) {
  Session session;
  session.server_version = PQserverVersion(connection);
  session.backend_pid = PQbackendPID(connection);
  session.host = text_of(PQhost(connection));
  session.host_address = text_of(PQhostaddr(connection));
  session.port = text_of(PQport(connection));
  session.is_encrypted = PQsslInUse(connection) != 0;
  session.parameters = reported_parameters(connection);
  return session;
}

Woken wait_for(PGconn* connection, short events, int wake_fd, int limit_ms) {
  if (PQgssEncInUse(connection) != 0 && (limit_ms < 0 || limit_ms > gss_pause_ms)) limit_ms = gss_pause_ms;
  std::array<pollfd, 2> ready{{{PQsocket(connection), events, 0}, {wake_fd, POLLIN, 0}}};
  // A failure (EINTR, ENOMEM) looks like a limit that has passed: who waits looks at the clock and comes
  // again.
  const int count = ::poll(ready.data(), ready.size(), limit_ms);
  if (count <= 0) return PQgssEncInUse(connection) != 0 ? Woken::socket : Woken::limit;
  return ready[1].revents != 0 ? Woken::told : Woken::socket;
}

bool consume_input(PGconn* connection) {
  for (;;) {
    if (PQconsumeInput(connection) == 0) return false;
    const auto* tls = static_cast<const SSL*>(PQsslStruct(connection, "OpenSSL"));
    if (tls == nullptr || SSL_pending(tls) == 0) return true;
  }
}

}  // namespace tamada::postgres
