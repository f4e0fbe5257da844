// libpq's objects, owned, and its answers as our values. For the thread that has the connection.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

#include "common/postgres/client/failure.h"
#include "common/postgres/client/statement.h"

namespace tamada::postgres {

struct PqDeleter {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  void operator()(PGresult* result) const noexcept { PQclear(result); }
  void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
};
using PqConnection = std::unique_ptr<PGconn, PqDeleter>;
using PqResult = std::unique_ptr<PGresult, PqDeleter>;

// The fields of an error or a notice; the severity is the one that is not translated (9.6 and later).
[[nodiscard]] ErrorResponse error_of(const PGresult* result);

// PQerrorMessage on one line, without the place in the server's sources that the verbose form ends with.
[[nodiscard]] std::string words_of(const PGconn* connection);

// The parameters that the server reports, as they are now.
[[nodiscard]] std::map<std::string, std::string> reported_parameters(const PGconn* connection);

// Of a connection that is PGRES_POLLING_OK.
[[nodiscard]] Session session_of(PGconn* connection);

// Waits until `connection`'s socket is ready for one of `events` (poll.h), or reports an error, which libpq
// finds out itself; until `wake_fd` is readable; or until about `limit_ms` (-1: none) have passed.
enum class Woken { socket, told, limit };
[[nodiscard]] Woken wait_for(PGconn* connection, short events, int wake_fd, int limit_ms);

// PQconsumeInput until nothing is left that poll() cannot see: OpenSSL may have decrypted more than libpq's
// buffer had room for. False as PQconsumeInput: the connection is lost, or memory is out.
[[nodiscard]] bool consume_input(PGconn* connection);

}  // namespace tamada::postgres
