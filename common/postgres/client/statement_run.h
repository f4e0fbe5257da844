// One statement from sending to its last result, without blocking. On the connection's thread.
#pragma once

#include "common/postgres/client/connection_link.h"
#include "common/postgres/client/pq_values.h"

namespace tamada::postgres {

// For a connection that is CONNECTION_OK. Answers when the server is ready for the next statement, or the
// connection is of no more use: then it is no longer CONNECTION_OK, or the failure is too_large or
// unsupported. Gives up, with an answer that nobody waits for, when the link is ended. `max_result`: see
// ConnectionOptions; looked at after each row, so that one row more than that can be in memory.
[[nodiscard]] Answer run_statement(ConnectionLink& link, PGconn* connection, const Statement& statement,
                                   std::size_t max_result);

}  // namespace tamada::postgres
