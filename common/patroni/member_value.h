// MemberValue: what a node says of itself under members/NAME in the store, from Patroni 1.0 to 4.x (ha.py, touch_member).
//
// Written with Patroni's members in Patroni's order, as compact JSON. Members that are not known are ignored when it
// is read, by every Patroni and here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"
#include "common/patroni/member_tags.h"
#include "common/patroni/node_status.h"
#include "common/patroni/reading.h"

namespace tamada::patroni {

// How PostgreSQL is reached; a part that is not set was not told.
struct ConnAddress {
  std::string host;  // no brackets; empty: not told
  std::uint16_t port = 5432;
  std::string dbname;
  bool operator==(const ConnAddress&) const = default;
};

// A restart that is planned for a time.
struct ScheduledRestart {
  std::string schedule;               // ISO 8601 with a time zone
  std::string postmaster_start_time;  // as PostgreSQL said it: another one by then, and the restart is off
  PythonDict filters;                 // role, postgres_version, restart_pending, timeout, ...
  bool operator==(const ScheduledRestart&) const = default;
};

struct PendingRestart {
  std::string parameter;
  std::string old_value;
  std::string new_value;
  bool operator==(const PendingRestart&) const = default;
};

struct MemberValue {
  std::string conn_url;  // "postgres://10.0.0.1:5432/postgres"; empty: not told, or unreadable
  std::string api_url;   // "http://10.0.0.1:8008/patroni"
  std::string state;     // "running"
  std::string role;      // "primary"; a Patroni before 4.0 writes "master"
  std::string version;   // of Patroni: "4.1.4"
  std::string proxy_url;
  // The checkpoint after the promotion has not been made yet: who wants to rewind from here waits. Patroni writes
  // `checkpoint_after_promote: false` for it and nothing otherwise.
  bool checkpoint_missing = false;
  MemberTags tags;
  bool pending_restart = false;
  std::vector<PendingRestart> pending_restart_reasons;
  // Bytes of WAL. xlog_location: what a primary has flushed, what a replica has received or replayed.
  std::optional<std::uint64_t> xlog_location;
  std::optional<std::uint64_t> replay_lsn;
  std::optional<std::uint64_t> receive_lsn;
  std::string replication_state;  // of a replica: "streaming", "in archive recovery"
  std::optional<std::uint32_t> timeline;
  std::optional<ScheduledRestart> scheduled_restart;
  bool pause = false;
  // Who wrote it, where that is no Patroni: "tamada-agent 0.1"; under a name that Patroni does not know.
  std::string agent;
  // Of an agent that was ended in a pause, beside a server that goes on: its operator answers for that one. Patroni does not
  // know the name.
  bool has_left = false;
  // In place of conn_url, from nodes that write it so.
  std::optional<ConnAddress> conn_kwargs;

  [[nodiscard]] NodeRole node_role() const { return patroni::node_role(role); }
  [[nodiscard]] bool is_running() const { return state == "running"; }
  // Of conn_kwargs, or in conn_url. Not set: there is none, or it cannot be read.
  [[nodiscard]] std::optional<ConnAddress> address() const;
  // {4, 1, 4}; not set: there is none, or it is no numbers with dots (a Patroni then takes it as unknown, too).
  [[nodiscard]] std::optional<std::vector<std::uint32_t>> version_numbers() const;

  bool operator==(const MemberValue&) const = default;
};

// `value`: JSON, or, from before Patroni 1.0, a connection URL with the API's URL as its application_name. What is
// unreadable as a whole gives a member of whom nothing is known.
[[nodiscard]] Reading<MemberValue> read_member_value(std::string_view value);
// The text for the store.
[[nodiscard]] std::string write_member_value(const MemberValue& value);

// "postgres://10.0.0.1:5432/postgres" in parts. Not set: it is no such URL.
[[nodiscard]] std::optional<ConnAddress> parse_conn_url(std::string_view url);

}  // namespace tamada::patroni
