// What ClusterView is told (events) and what it wants done (asks). Plain values; its owner turns sockets into
// the first and the second into sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/patroni/cluster_members.h"
#include "common/patroni/node_status.h"
#include "router/balance/ids.h"
#include "router/balance/session_hint.h"

namespace tamada::router {

// ---- asks: requests that ClusterView wants made. At most one of a kind is out per node; each is answered by
// one event, at the latest `checks.timeout` after it was made.

enum class AskKind {
  master,    // GET /master on the REST API
  replica,   // GET /replica
  cluster,   // GET /cluster: what this member says about all
  config,    // GET /config: the cluster's ttl
  postgres,  // an SSLRequest to the PostgreSQL port: is anybody there?
};

struct Ask {
  NodeId node;
  AskKind kind = AskKind::master;
  bool operator==(const Ask&) const = default;
};

// ---- events

// Nothing usable came back.
enum class Silence {
  timeout,  // nothing, or not all of it, in `checks.timeout`
  refused,  // the machine is there and says nobody listens
  reset,    // dropped in the middle
  unreachable,
  unresolved,  // the name has no address
  malformed,   // an answer that is not Patroni's: broken JSON, 1 MB of headers, another service
};

// The answer to Ask master or replica.
struct PollAnswer {
  // How far a request had got that came to nothing.
  enum class Stage { connect, tls, http };
  NodeId node;
  AskKind asked = AskKind::master;
  TimePoint sent;  // when the request was sent: what the answer is worth
  Address
      postgres;    // where sessions to this node go: the address that answered where REST API and PostgreSQL
                   // share a host name, else the PostgreSQL name's own address. Not set: unknown yet
  int status = 0;  // HTTP status; 0 with silence
  std::optional<patroni::NodeStatus> body;  // with an HTTP answer whose body could be read
  std::optional<Silence> silence;           // set: nothing usable came; status and body are then empty
  Stage stage = Stage::http;
  std::string words;  // for a silence: what happened, for people ("connect to ...: no answer within 2000 ms")
};

// Whether it tells what its node is: Patroni's answer, with a role, and with a state that is not `unknown`, which is
// what Patroni says when its SQL was too slow (the role is an old one then).
[[nodiscard]] inline bool is_usable(const PollAnswer& answer) {
  return !answer.silence && answer.body && !answer.body->role_text.empty() && !answer.body->state.empty() &&
         answer.body->state != "unknown";
}

// The answer to Ask cluster. `members` empty: none came.
struct ClusterAnswer {
  NodeId node;
  TimePoint sent;
  std::optional<patroni::ClusterMembers> members;
};

// The answer to Ask config. `ttl` empty: none came.
struct ConfigAnswer {
  NodeId node;
  TimePoint sent;
  std::optional<Duration> ttl;
};

// The answer to Ask postgres.
struct PostgresAnswer {
  NodeId node;
  TimePoint sent;
  bool answered = false;  // a byte came back: a postmaster is alive there
  Address postgres = {};  // with `answered`: where sessions go from now on. Not set: where they went
  // Without: how it failed. Not set: nothing is known of the node (its name has no address, a fault of ours).
  std::optional<Silence> silence = {};
  std::string words = {};  // "connect to 10.0.0.1:5432: connection refused"
  bool asked = true;       // false: this machine could not ask (no descriptors, no memory); says nothing
};

// The leader key in etcd as of `as_of` (heartbeats repeat it with a later as_of, more often than every
// `checks.expire`: older than that it says nothing). `lock_holder` empty: no key.
struct LeaderKey {
  std::optional<std::string> lock_holder;
  TimePoint as_of;
  std::size_t oversize = 0;  // not 0: there is a value of so many bytes, which is no member's name (more than
                             // patroni::name_max); `lock_holder` is empty then, and nobody's name is believed
};

// Patroni's failover key in etcd: a change of the leader that somebody asked for, and that Patroni is about
// to carry out. Names are members' names. Both empty: nothing is announced, or not any more. Repetitions are
// harmless; `as_of` only orders them.
struct PlannedChange {
  std::optional<std::string> from;  // empty with `to`: whoever leads
  std::optional<std::string> to;    // empty with `from`: whoever is fit
  TimePoint as_of;
};

// A session of any listener could not be connected to the node's PostgreSQL: a reason to try it ourselves.
struct NoConnection {
  NodeId node;
};

using ClusterEvent = std::variant<PollAnswer, ClusterAnswer, ConfigAnswer, PostgresAnswer, LeaderKey,
                                  PlannedChange, SessionHint, NoConnection>;

}  // namespace tamada::router
