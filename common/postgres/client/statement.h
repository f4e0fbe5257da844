// What is asked of a Connection, and what comes back: values only.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/postgres/client/failure.h"

namespace tamada::postgres {

enum class Protocol {
  extended,  // one statement, with values for $1, $2, ... (PQsendQueryParams)
  simple,    // several statements, or a command of a replication connection, which knows no other protocol;
             // no values (PQsendQuery)
};

// Texts are in the session's client_encoding and hold no zero byte. Values are sent as text, their types are
// left to the server; nullopt is NULL.
struct Statement {
  std::string sql;
  std::vector<std::optional<std::string>> values = {};
  Protocol protocol = Protocol::extended;
};

// Both count from when the statement was asked for, so waiting for others is part of it.
struct StatementLimits {
  Duration deadline = 5s;      // then it is answered, whatever happens
  Duration cancel_after = 0s;  // before that, the server is asked to give the statement up; 0: never
};

// What one statement gave. Cells are the server's text form, or raw bytes where a command sends those
// (TIMELINE_HISTORY); nullopt is NULL.
struct ResultSet {
  std::vector<std::string> columns;  // empty: the statement returns no rows
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::string command;  // the tag: "SELECT 1", "CHECKPOINT"; empty for an empty statement

  bool operator==(const ResultSet&) const = default;
};

// One set for a statement of the extended protocol, one for each statement of the simple one. With a Failure
// nothing of what came before it is kept.
using Answer = tl::expected<std::vector<ResultSet>, Failure>;

// What is known of a session once it is there.
struct Session {
  int server_version = 0;  // 150018 is 15.18
  pid_t backend_pid = 0;
  std::string host;          // which of several it was; of a Unix socket its folder
  std::string host_address;  // empty for a Unix socket
  std::string port;
  bool is_encrypted = false;  // TLS
  // As the server reports them: server_version, in_hot_standby (14 and later), TimeZone, ...
  std::map<std::string, std::string> parameters;
};

}  // namespace tamada::postgres
