// PostgreSQL on this node: what only the node's own file says (PostgresConfig), and what the shared
// configuration may say as well (SharedPostgres).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/config/program_options.h"
#include "common/base/address.h"

namespace tamada::agent {

// As whom the agent, and the replicas, log in to PostgreSQL.
struct DatabaseUser {
  std::string username;  // empty: libpq's default
  std::string password;
  std::map<std::string, std::string> options;  // libpq's: sslmode, sslcert, channel_binding, ...
  bool operator==(const DatabaseUser&) const = default;
};

// Lines of a file, and those that take their place in one role ("primary", "replica", "standby_leader").
struct RoleLines {
  std::vector<std::string> lines;
  std::map<std::string, std::vector<std::string>> of_role;
  bool operator==(const RoleLines&) const = default;
};

// Commands that are called with what happened: COMMAND ACTION ROLE SCOPE. Empty: none.
struct Callbacks {
  std::string on_start;
  std::string on_stop;
  std::string on_restart;
  std::string on_reload;
  std::string on_role_change;
  bool operator==(const Callbacks&) const = default;
};

struct SharedPostgres {
  std::string config_base_name = "postgresql";  // NAME.conf, NAME.base.conf
  std::string custom_conf;                      // in place of NAME.base.conf
  std::string bin_dir;                          // empty: by PATH
  std::map<std::string, std::string> bin_name;  // "pg_ctl" -> what to call instead
  RoleLines pg_hba;
  RoleLines pg_ident;
  std::map<std::string, ConfigValue> parameters_of_role;  // objects; in addition to the parameters
  ConfigValue recovery_conf = ConfigValue::object();
  Callbacks callbacks;
  std::vector<std::string> create_replica_methods;  // empty: basebackup
  std::vector<CustomMethod> methods;                // those of them that are no basebackup
  std::vector<ProgramOption> basebackup;
  std::vector<ProgramOption> rewind;
  std::uint32_t pg_ctl_timeout = 60;  // s
  std::string pre_promote;            // a command
  std::string before_stop;            // a command
  bool use_unix_socket = false;
  bool use_unix_socket_repl = false;
  std::string krbsrvname;
  std::string database = "postgres";  // that the agent connects to
  bool use_pg_rewind = false;
  bool remove_data_directory_on_rewind_failure = false;
  bool remove_data_directory_on_diverged_timelines = false;
  bool operator==(const SharedPostgres&) const = default;
};

struct PostgresConfig {
  std::string listen_addresses;  // as PostgreSQL takes it: "*", "10.0.0.1,::1"
  std::uint16_t port = 5432;
  HostPort connect_address;
  std::optional<HostPort> proxy_address;
  std::string data_dir;    // without slashes at its end
  std::string config_dir;  // empty: data_dir
  std::string pgpass;      // empty: ~/pgpass
  DatabaseUser superuser;
  DatabaseUser replication;
  std::optional<DatabaseUser> rewind;  // none: the superuser
  // This node's own, which win over the shared ones name by name (effective_parameters()).
  ConfigValue parameters = ConfigValue::object();

  // What this file says, and of which keys it says anything ("pg_hba", "callbacks"): those of other keys the
  // shared configuration may set (effective_postgres()).
  SharedPostgres shared;
  std::set<std::string> given;
  bool operator==(const PostgresConfig&) const = default;
};

}  // namespace tamada::agent
