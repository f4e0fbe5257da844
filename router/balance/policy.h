// What a person can choose about routing, as plain values with their defaults. router/config fills them from
// the configuration file; ClusterView and Admission read them. docs/configuration.md describes each for users.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/address.h"
#include "common/base/time.h"
#include "router/balance/ids.h"

namespace tamada::router {

// Which nodes a listener sends sessions to (`to:`).
enum class Target {
  leader,          // the one confirmed leader
  replica,         // nodes whose /replica says 200
  any,             // the leader and the replicas
  sync,            // replicas that are synchronous (or quorum) standbys
  async,           // replicas that are not
  standby_leader,  // the leader of a standby cluster
  tag,             // leader or replicas that carry tag_key = tag_value
};

enum class Balance { leastconn, roundrobin, random, source };

// What becomes of the sessions on a node that is no longer fit: closed now, or left to end by themselves.
enum class Ending { cut, drain };

// One entry of `to:`.
struct Preference {
  Target to = Target::leader;
  std::string tag_key;    // for Target::tag
  std::string tag_value;  // for Target::tag, in Patroni's comparison form (lower case)
  bool operator==(const Preference&) const = default;
};

struct ListenerPolicy {
  ListenerId id;
  std::string name;  // "write", "read", ...

  // The first entry of `to:`, and its tag.
  Target to = Target::leader;
  std::string tag_key;
  std::string tag_value;
  // Further entries, the most wanted first: sessions go to one when no node is fit for those before it. In
  // such a list `leader` is a server like others: also the standby leader of a standby cluster, and its
  // sessions stay when it is demoted.
  std::vector<Preference> reserves;
  // No fit node and every node has answered or failed: use the leader (or the standby leader).
  bool otherwise_leader = false;
  // Of replicas, whatever entry they are wanted for; none: no limit.
  std::optional<std::uint64_t> max_lag;  // bytes behind the leader
  std::optional<Duration> max_lag_time;  // how long ago the leader was where the replica is
  bool require_streaming = false;        // a replica known not to stream gets no new sessions
  Ending on_lag = Ending::drain;         // lags too far, noloadbalance, does not stream though it must
  Ending on_fail = Ending::cut;          // failed: neither REST API nor PostgreSQL
  Ending on_promote = Ending::drain;  // a replica became leader (a demotion on a leader listener always cuts)

  Balance balance = Balance::leastconn;
  Duration hold = 60s;                     // how long a client waits for a fit node
  std::uint32_t max_held = 1000;           // waiting clients at most, whole process
  std::uint32_t max_starting = 50;         // start-ups that wait for a node at a time, whole process
  std::uint32_t max_connections = 0;       // sessions of this listener; 0: no limit
  std::uint32_t node_max_connections = 0;  // sessions of this listener per node; 0: no limit

  // Its sessions are those of writers: at the one confirmed leader, or nowhere.
  [[nodiscard]] bool is_write() const { return to == Target::leader && reserves.empty(); }
  // All entries of `to:`, the most wanted first.
  [[nodiscard]] std::vector<Preference> preferences() const {
    std::vector<Preference> all{{to, tag_key, tag_value}};
    all.insert(all.end(), reserves.begin(), reserves.end());
    return all;
  }
  // Sessions that are none of writers may have been led to the leader.
  [[nodiscard]] bool may_read_from_leader() const {
    if (is_write()) return false;
    const auto reaches = [](Target target) {
      return target == Target::leader || target == Target::any || target == Target::tag;
    };
    bool any = otherwise_leader || reaches(to);
    for (const Preference& entry : reserves) any = any || reaches(entry.to);
    return any;
  }
  bool operator==(const ListenerPolicy&) const = default;
};

// How often nodes are asked and what silence means (`checks:`).
struct CheckPolicy {
  Duration interval = 1s;
  Duration fast_interval = 100ms;
  Duration timeout = 2s;
  std::uint32_t fall = 3;  // silences in a row before a second opinion is asked for
  Duration expire = 3s;    // an answer older than this is silence
  Duration adopt_after =
      60s;  // no node has shown the old system identifier for this long: a new one is adopted
  bool operator==(const CheckPolicy&) const = default;
};

// One node to ask, as configured or discovered.
struct NodePolicy {
  NodeId id;
  std::string name;     // as configured; what people call it until it says its own name
  std::string api_url;  // "http://patroni1:8008": compared with the members of GET /cluster
  bool operator==(const NodePolicy&) const = default;
};

// How HAProxy's formats show a replica that does well on a listener that goes to the leader. HAProxy itself
// says DOWN, and alarms are built on that.
enum class StandbyStatus { down, maint, drain };

// What somebody asked of this router by hand.
enum class AdminState {
  ready,
  drain,        // no new sessions; old ones stay
  maintenance,  // no new sessions; old ones are cut
};

// Everything that ClusterView needs to know; a new one replaces the old as a whole (ClusterView::configure).
struct RoutingPolicy {
  std::string scope;                // refuse nodes of another Patroni scope; empty: any
  std::string system_id;            // pinned database system identifier; empty: learned
  bool watches_leader_key = false;  // etcd is configured
  CheckPolicy checks;
  std::vector<NodePolicy> nodes;
  std::vector<ListenerPolicy> listeners;
  bool operator==(const RoutingPolicy&) const = default;
};

}  // namespace tamada::router
