// The configuration files that the agent writes for the server: postgresql.conf, pg_hba.conf, pg_ident.conf
// (Patroni's contract 3.13, "Files").
//
//   # two lines that say not to edit it
//   include 'postgresql.base.conf'
//
//   archive_mode = 'on'
//   ...
//   hba_file = '/data/pg_hba.conf'
//   ident_file = '/data/pg_ident.conf'
//
//   # recovery.conf
//   primary_conninfo = 'host=10.0.0.1 ...'
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tamada::agent {

// Name to value, both as text; the names as the server's, in lower case but for those of extensions.
using Settings = std::map<std::string, std::string>;

// A name that postgresql.conf can have: identifiers, with dots between them.
[[nodiscard]] bool is_setting_name(std::string_view name);

// In single quotes, with quotes and backslashes doubled and line ends written as \n: a value that holds one cannot
// begin a line of its own.
[[nodiscard]] std::string quote_setting(std::string_view value);

struct ServerConfig {
  std::string include;  // the base file, or custom_conf
  Settings settings;
  std::optional<std::string> hba_file;    // path; none: settings has it, or it is the default
  std::optional<std::string> ident_file;  // likewise
  Settings recovery;  // written last, so that it wins; empty: a primary that never followed
};

struct ConfigText {
  std::string text;
  // Names that are no names, and values with a zero byte: left out, so that they spoil nothing else. Each is to be
  // told.
  std::vector<std::string> left_out;
};

[[nodiscard]] ConfigText format_postgresql_conf(const ServerConfig& config);

// pg_hba.conf or pg_ident.conf: the two first lines, then these.
[[nodiscard]] std::string format_host_rules(const std::vector<std::string>& lines);

// pg_hba.conf for a bootstrap by a custom method, whose passwords nobody knows yet: the two users are trusted over
// the socket and from `addresses` ("127.0.0.1/32"), and nobody else is let in. An empty superuser: all.
[[nodiscard]] std::vector<std::string> bootstrap_host_rules(const std::string& replication_user,
                                                            const std::string& superuser,
                                                            const std::vector<std::string>& addresses);

// What a standby's recovery section has where nothing else is wanted: every recovery_target* empty, so that none of
// an included file stops or promotes it, and recovery_target_timeline. `timeline`: the leader's, in decimal, or
// "latest": an archive may hold histories of timelines that were given up (agent-cases.md, row 12).
[[nodiscard]] Settings standby_recovery_settings(const std::string& timeline);

// The names of all settings that belong to recovery and that postgresql.auto.conf must not have (PostgreSQL 13 to
// 17), sorted.
[[nodiscard]] bool is_recovery_setting(std::string_view name);

// postgresql.auto.conf without its recovery settings, which pg_basebackup -R and ALTER SYSTEM leave there and which
// would win over postgresql.conf. None: there are none. All other lines stay as they are.
[[nodiscard]] std::optional<std::string> without_recovery_settings(std::string_view auto_conf);

}  // namespace tamada::agent
