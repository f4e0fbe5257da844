// What PostgreSQL on this node is started with and what stands in its files, for a setup and what is wanted of the server.
// Pure, but for the account that this process runs as. write_server_files.h puts it on the disk.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/ha/ha_step.h"
#include "agent/postgres/config_files.h"
#include "agent/postgres/formats/control_data.h"
#include "agent/postgres/formats/postmaster_call.h"
#include "agent/server/server_setup.h"
#include "agent/server/upstream.h"
#include "common/postgres/client/conninfo.h"

namespace tamada::agent {

struct ServerRole {
  // A standby follows `upstream`, or nobody where that is not set. A primary has recovery settings all the same, so that it
  // can become a standby.
  bool is_standby = false;
  Upstream upstream;
  // recovery_target_timeline; 0: latest. A server that was started with a number cannot follow a leader that is promoted
  // later: only a restart changes it.
  std::uint32_t leader_timeline = 0;
  // Of a standby whose upstream is not known now: what it has stays. In place of `upstream`.
  struct Kept {
    std::string conninfo;
    std::string slot_name;
    bool operator==(const Kept&) const = default;
  };
  std::optional<Kept> kept;
  // Of the first start after a custom bootstrap: these are the whole of the recovery settings, and what the bootstrap left
  // in postgresql.auto.conf stays.
  std::optional<Settings> recovery;

  bool operator==(const ServerRole&) const = default;
};

// Nobody's name, and refused as a node's: in synchronous_standby_names it makes commits wait. * would not do: any standby
// could confirm then, one that /sync does not name, too.
inline constexpr const char* nobody_standby = "__patroni_strict_sync_replica_placeholder__";

struct ServerFiles {
  std::string main;                   // postgresql.conf
  std::vector<std::string> left_out;  // names that could not be written (ConfigText)
  std::optional<std::string> hba;     // pg_hba.conf; none: it is not the agent's
  bool is_closed = false;             // `hba` stands there for a while: what was there is to come back
  std::optional<std::string> ident;   // pg_ident.conf; likewise
  bool keeps_auto_conf = false;       // with its recovery settings
  Settings command_line;              // of postmaster_call()
  std::vector<std::string> findings;  // sentences about settings that were replaced or raised
  std::vector<RaisedSetting> raised;  // a pending restart, once the primary has less
  std::string pgpass;  // the password file's lines; empty: nobody to log in to, the file stays as it is
  // What stands in `main`, to be compared with what the server has.
  std::string primary_conninfo;
  std::string primary_slot_name;
  std::optional<std::string> synchronous_names;  // none: nobody says anything about them
};

// `wanted`: what the decider wants of a running server: whom a standby follows is in `role.upstream`. `control`: of a server
// that starts as a standby. `former_synchronous`: what stands in synchronous_standby_names, for wanted.keeps_synchronous.
[[nodiscard]] ServerFiles server_files(const ServerSetup& setup, const ServerRole& role,
                                       const ha::WantedSettings& wanted,
                                       const std::optional<ControlSettings>& control,
                                       const std::string& former_synchronous);

// Where the files are.
[[nodiscard]] ConfigPlaces config_places(const ServerSetup& setup);
[[nodiscard]] std::string password_file_path(const ServerSetup& setup);

// As whom the agent logs in to its own server: over the socket where the settings say so, else over TCP at the first
// address that it listens on. With the superuser's password.
[[nodiscard]] postgres::Conninfo local_conninfo(const ServerSetup& setup);
// To another member's server, as the superuser, the rewind user or the replication user. The last has no dbname: a session
// for replication commands wants {"replication", "true"} besides, pg_basebackup sets it by itself.
enum class LoginAs { superuser, rewind, replication };
[[nodiscard]] postgres::Conninfo member_conninfo(const ServerSetup& setup, const Upstream& member,
                                                 LoginAs user);
// The slot of a member on whom it streams from; empty: slots are not used, or its tag says nostream.
[[nodiscard]] std::string slot_of(const ServerSetup& setup, const std::string& member);

// BIN/postgres and the like, with postgresql.bin_name.
[[nodiscard]] std::string server_program(const ServerSetup& setup, const std::string& name);

}  // namespace tamada::agent
