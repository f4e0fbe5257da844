// StatsSnapshot: everything that people and programs can be shown, at one moment, as one immutable value.
//
// The control loop makes it (router/control/stats_collector.h) when somebody asks, at most a few times a
// second; the statistics thread renders it into whatever was asked for. So a thousand scrapes cost the
// control loop what one costs, and the workers nothing. Pure values: no sockets, no clock, no locks.
//
// Times of the boot clock turn into the wall clock's by wall(): `now` and `wall_now` are the same moment.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"
#include "common/base/time.h"
#include "router/balance/ids.h"
#include "router/balance/policy.h"
#include "router/cluster/cluster_view.h"
#include "router/history/chart_book.h"
#include "router/history/check_book.h"
#include "router/history/failover.h"
#include "router/history/histogram.h"

namespace tamada::router {

// An average and the largest of a kind of duration: the average over about the last 512 values.
struct TimeStats {
  std::uint32_t average_ms = 0;
  std::uint32_t max_ms = 0;
};

// One node as one listener has it: HAProxy's "server".
struct RouteStats {
  NodeId node;
  bool eligible = false;       // gets new sessions now
  bool drains = false;         // fit, but gets no new sessions: by hand, lag, noloadbalance
  bool lags = false;           // it drains because it is too far behind
  bool backup = false;         // wanted for a later entry of the listener's `to:` than the first
  bool spare = false;          // a backup that is fit, and nodes of an earlier entry take the sessions
  std::string why_not;         // in words, when it is not eligible
  bool no_connection = false;  // why it is not eligible: its PostgreSQL takes no connections
  AdminState admin = AdminState::ready;
  std::uint32_t weight = 1;  // 0: no new sessions; see ListenerStats::balance

  std::uint32_t sessions = 0;
  std::uint32_t sessions_max = 0;
  std::uint32_t starting = 0;
  std::uint64_t sessions_total = 0;  // servers connected
  std::uint64_t granted = 0;         // times it was chosen, retries included
  std::uint64_t up_bytes = 0;        // client to server; live
  std::uint64_t down_bytes = 0;
  std::uint64_t connect_errors = 0;       // refused, unreachable, no answer in time
  std::uint64_t response_errors = 0;      // closed or reset before its answer, 57P01, 57P03
  std::uint64_t retried = 0;              // unseen retries after it
  std::uint64_t client_aborts = 0;        // the client reset, or went before its start-up was over
  std::uint64_t server_aborts = 0;        // the server reset a session that ran
  std::uint64_t cut = 0;                  // sessions that the router closed: its cuts, and by hand
  TimeStats wait;                         // for a server
  TimeStats connect;                      // the TCP connection
  TimeStats first_answer;                 // from the connection to the server's first byte
  TimeStats session;                      // whole sessions
  std::optional<TimePoint> last_session;  // when one last began

  std::uint32_t rate = 0;  // new sessions in the last second
  std::uint32_t rate_max = 0;

  // Since when it is (not) eligible, how often it stopped being so, how long it was not in all.
  TimePoint since{};
  std::uint32_t times_down = 0;
  Duration downtime{};
};

struct ListenerStats {
  ListenerId id;  // stable; HAProxy's iid
  std::string name;
  std::vector<std::string> bind;  // as bound, with the real port
  Target to = Target::leader;     // the first entry of `to:`
  bool has_reserves = false;      // there are more
  std::string to_words;           // "leader", "tag:zone=a, replica"
  Balance balance = Balance::leastconn;
  std::uint32_t max_connections = 0;       // 0: no limit
  std::uint32_t node_max_connections = 0;  // 0: no limit
  std::uint32_t max_held = 0;
  [[nodiscard]] bool is_write() const { return to == Target::leader && !has_reserves; }
  bool configured = true;  // false: taken out, its last sessions run on
  bool paused = false;     // no file descriptors: accepting has paused
  std::string why_none;    // no node is fit for it: what is missing, in words

  std::uint32_t sessions = 0;
  std::uint32_t sessions_max = 0;
  std::uint32_t starting = 0;
  std::uint32_t held = 0;               // clients that wait because no node is fit
  std::uint32_t queued = 0;             // clients that wait because a limit is reached
  std::uint32_t arriving = 0;           // clients that have not said what they want
  std::uint32_t waiting_max = 0;        // held and queued, at most so far
  std::uint32_t clients_max = 0;        // sessions, held and queued together, at most so far
  std::optional<Duration> oldest_wait;  // of those that wait now
  Duration longest_wait{};              // of all so far, those that wait now included

  // Since the start (or `clear counters`), summed over workers.
  std::uint64_t accepted = 0;
  std::uint64_t denied = 0;
  std::uint64_t refused = 0;
  std::uint64_t had_to_wait = 0;
  std::uint64_t retried = 0;
  std::uint64_t cut = 0;
  std::uint64_t cancels = 0;
  std::uint64_t bad_starts = 0;
  std::uint64_t address_limited = 0;
  std::uint64_t up_bytes = 0;
  std::uint64_t down_bytes = 0;
  Histogram<hold_bounds.size()> waits;

  std::uint32_t rate = 0;  // connections in the last second
  std::uint32_t rate_max = 0;
  std::uint64_t up_rate = 0;  // bytes in the last second
  std::uint64_t down_rate = 0;

  // Since when it has (no) node fit for new sessions, how often the last one was lost, how long it had none.
  TimePoint since{};
  std::uint32_t times_down = 0;
  Duration downtime{};

  std::vector<RouteStats> routes;  // one for each of StatsSnapshot::nodes, in that order
};

struct NodeStats {
  NodeView view;
  CheckStats check;
  AdminState admin = AdminState::ready;  // for all listeners; RouteStats::admin has each
  std::string admin_by;                  // who asked for it, and when; empty if nobody
  std::optional<TimePoint> admin_since;
  std::optional<TimePoint> address_since;  // when its address last changed (or was first known)
  std::string address_before;              // empty: it never changed
  std::optional<Duration> lag_time;  // how long ago the leader was where this replica is; see view.lag_bytes
  bool address_by_hand = false;      // set through the run-time socket
  std::string patroni_version;
  std::uint32_t server_version = 0;  // 150004; 0: not told
  bool pending_restart = false;
};

enum class EtcdState : std::uint8_t { connecting, connected, silent };
[[nodiscard]] constexpr std::string_view name_of(EtcdState state) {
  constexpr std::array<std::string_view, 3> names{"connecting", "connected", "silent"};
  return names.at(static_cast<std::size_t>(state));
}

struct EtcdStats {
  EtcdState state = EtcdState::connecting;
  std::optional<std::string> leader_key;  // who holds it; none: nobody, or not known
  std::optional<TimePoint> heard;
  std::string error;  // why it is silent; empty if it is not
};

struct ConfigStats {
  std::string file;  // empty: from the environment alone
  std::uint64_t generation = 0;
  WallTime read_at{};               // when the one in force was read
  std::vector<std::string> errors;  // why the newest file was refused: "router.yaml:14:12: ..."
  std::optional<WallTime> refused_at;
  std::string in_force;  // as YAML, secrets hidden
};

struct PastFactStats {
  WallTime at;
  FactKind kind = FactKind::leader_confirmed;
  std::string node;
  std::string words;
  bool warning = false;
};

struct ListenerChart {
  ListenerId listener;
  std::string name;
  std::vector<ChartPoint> points;  // oldest first; see chart_book.h
};
struct Charts {
  WallTime end{};  // of the newest point
  std::vector<ListenerChart> listeners;
};

struct ProcessStats {
  std::string version;
  std::string host;  // the machine's name
  std::uint32_t pid = 0;
  std::uint32_t workers = 0;
  TimePoint started{};
  bool listening = true;
  bool stopping = false;
  std::uint64_t clients_max = 0;  // connections that fit (max_connections, descriptors)
  std::uint64_t descriptors = 0;  // the limit of open files
  std::uint64_t resident_bytes = 0;
  double cpu_s = 0;
  std::uint64_t log_dropped = 0;
};

struct LeadershipStats {
  std::uint64_t changes = 0;            // times that another node than the last leader was confirmed
  std::uint64_t confirmations = 0;      // times that anybody was
  Duration without_leader{};            // in all since the start, the present stretch included
  std::optional<TimePoint> none_since;  // set while nobody leads
  std::optional<std::uint64_t> timeline;
  std::vector<std::string>
      evidence;  // each answer that speaks for the leader (or for nobody), a sentence each
};

struct StatsSnapshot {
  TimePoint now{};
  WallTime wall_now{};
  std::uint64_t number = 0;  // counts snapshots; the same number is the same snapshot

  ProcessStats process;
  ConfigStats config;
  std::string cluster_name;
  std::string system_id;
  bool paused = false;  // Patroni's maintenance mode, as last known
  LeaderView leader;
  LeadershipStats leadership;
  std::vector<Disagreement> disagreements;
  std::optional<EtcdStats> etcd;
  std::vector<NodeStats> nodes;  // configured order, then those that are leaving
  std::vector<ListenerStats> listeners;
  std::vector<Failover> failovers;       // the last 50, newest first; the one going on included
  std::vector<PastFactStats> history;    // newest last, at most 256
  std::shared_ptr<const Charts> charts;  // never null

  [[nodiscard]] WallTime wall(TimePoint at) const {
    return wall_now + std::chrono::duration_cast<WallTime::duration>(at - now);
  }
};

using StatsSnapshotPtr = std::shared_ptr<const StatsSnapshot>;

// One client connection, for the table of sessions.
struct SessionStats {
  SessionId id;
  std::string client;  // "10.0.0.7:51544"
  std::string listener;
  std::string node;    // display name; empty: none yet
  std::string server;  // its address; empty: none yet
  std::string phase;   // as in the log: "first-packet", "hold", "connect", "startup", "relay", "closing"
  TimePoint began{};
  Duration wait{};  // for a server, so far or in all
  std::uint64_t up_bytes = 0;
  std::uint64_t down_bytes = 0;
  std::string user;  // of the StartupMessage; empty under TLS
  std::string database;
  std::string application;
  std::uint32_t backend_pid = 0;  // 0: not known (TLS)
  std::uint16_t server_side_port = 0;
};

// All of one moment, in no order. `truncated`: there were more than could be gathered.
struct SessionList {
  TimePoint now{};
  WallTime wall_now{};
  std::vector<SessionStats> sessions;
  std::uint64_t total = 0;
  bool truncated = false;
};
using SessionListPtr = std::shared_ptr<const SessionList>;

}  // namespace tamada::router
