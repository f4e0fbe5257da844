// What the agent asks a server to do, as statements: slots, users, reload, walsenders. Names of slots and users are
// values or quoted; a password is in the statement that sets it, which is therefore not logged, neither here nor (by a
// setting of its transaction) by the server.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "agent/postgres/formats/rewind_check.h"
#include "agent/postgres/formats/wal_position.h"
#include "common/postgres/client/statement.h"

namespace tamada::agent {

// Makes it unless it is there: with its log reserved at once, so that none is removed before the replica connects. The
// answer is one row with the slot's restart_lsn if it was made, none if it was there.
[[nodiscard]] postgres::Statement create_physical_slot(const std::string& name);
// Drops it if it is there and nobody uses it. One row if it was dropped. An error 55006 says that somebody was faster.
[[nodiscard]] postgres::Statement drop_slot(const std::string& name);
// Only forward: one row if it was moved. A slot that somebody uses, or that holds nothing yet, is left alone.
[[nodiscard]] postgres::Statement advance_slot(const std::string& name, WalPosition to);

// Makes or alters a user: LOGIN, and REPLICATION where `is_replication`. No password: none is set, an existing one
// stays.
struct WantedUser {
  std::string name;
  std::optional<std::string> password;
  bool is_replication = false;
  bool is_superuser = false;
};
// A statement of the simple protocol. It is not written to synchronous standbys, of which there may be none yet, nor
// to the server's log.
[[nodiscard]] postgres::Statement create_user(const WantedUser& user);
// What pg_rewind needs of a user that is no superuser (manual, "pg_rewind").
[[nodiscard]] postgres::Statement grant_rewind(const std::string& user);

[[nodiscard]] postgres::Statement reload();
[[nodiscard]] postgres::Statement checkpoint();
// Ends walsenders, by the numbers that the status names.
[[nodiscard]] postgres::Statement terminate_senders(const std::vector<pid_t>& pids);
[[nodiscard]] postgres::Statement resume_replay();

// An identifier and a literal in a statement, whatever standard_conforming_strings is.
[[nodiscard]] std::string quote_identifier(const std::string& name);
[[nodiscard]] std::string quote_literal(const std::string& text);

// Over a session with {"replication", "true"}.
[[nodiscard]] postgres::Statement identify_system();
[[nodiscard]] postgres::Statement timeline_history(Timeline timeline);
struct SystemIdentity {
  std::uint64_t system_identifier = 0;
  Timeline timeline = 0;
  WalPosition position = 0;  // flushed; of a standby replayed
  bool operator==(const SystemIdentity&) const = default;
};
[[nodiscard]] Result<SystemIdentity> parse_system_identity(const postgres::Answer& answer);
[[nodiscard]] Result<TimelineHistory> parse_history_answer(const postgres::Answer& answer);

}  // namespace tamada::agent
