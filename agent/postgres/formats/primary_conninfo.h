// primary_conninfo: whom a standby streams from, built for the configuration and compared with what the server has
// (Patroni's contract 3.7, 3.13).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/postgres/formats/conninfo_text.h"

namespace tamada::agent {

struct UpstreamConninfo {
  // Host, port and whatever else the upstream's key or the configuration gives; the database is dropped.
  ConninfoFields upstream;
  // The replication user's: user, password, sslmode, sslcert, ...; these win.
  ConninfoFields authentication;
  std::string application_name;         // the member's name: synchronous_standby_names goes by it
  std::optional<std::string> passfile;  // stands in place of the password, which no configuration file shows
  int server_major = 0;                 // 15: of the standby, whose libpq reads it
  bool is_remote = false;               // of a standby cluster: with several hosts only a primary will do
};

// With the defaults that Patroni writes: sslmode, gssencmode and channel_binding prefer, sslnegotiation postgres
// from 17 on. Without dbname.
[[nodiscard]] ConninfoFields build_primary_conninfo(const UpstreamConninfo& upstream);

// The fields in which `actual` is not what `wanted` says, by name; empty: they mean the same. `actual` is the
// setting, or pg_stat_wal_receiver.conninfo, which names every field that libpq has a default for and hides the
// password: so a field that is missing on one side has libpq's default, and passwords are compared only where
// both sides show one. Beyond what is wanted only what would lead elsewhere counts: host, hostaddr, port, user,
// service, target_session_attrs.
[[nodiscard]] std::vector<std::string> conninfo_differences(const ConninfoFields& actual,
                                                            const ConninfoFields& wanted);

}  // namespace tamada::agent
