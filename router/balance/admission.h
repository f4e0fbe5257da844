// Admission: which node a session may start on, and who waits. One for the whole process, so that limits and
// the order of waiting clients hold across workers.
//
// A session comes with request(). It is told a node (connect there now), to wait, or that it is refused. Who
// waits is let in first come first served per listener, when a table brings a fit node, when a start-up on a
// node has finished, or when a session has ended: such calls add the sessions that may go now to `grants`.
//
// Crowd control: at most `max_starting` sessions per node and listener wait for the server in their start-up
// at a time, so that the crowd that was held during a fail-over does not fall over the new leader. Such a
// start-up slot protects a server: while the client owes an answer (client_owes()) its session has none, so
// that clients that say nothing keep nobody out. It has one again, at once, when the client has answered
// (server_owes()); there may be more than `max_starting` then, and the next grant waits until there are
// fewer. Limits: `max_connections` per listener and `node_max_connections` per listener and node; past them
// clients wait in the same queue. Sessions whose client owes an answer count there, since PostgreSQL counts
// them too; but while somebody waits for such a limit, those that have owed for `owing_patience` are told to
// make room, the longest first, one for each that waits (take_displaced()).
//
// Weights, set by hand, per listener and node: balancing.h; a node of weight 0 gets no new sessions. They
// survive a configuration change.
//
// When it cannot know: a candidate whose `valid_until` has passed is not used; without any the client waits.
//
// Pure and single-threaded: the Dispatcher (router/session) holds the lock (taken when a session starts or ends, never
// while bytes flow).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/address.h"
#include "common/base/time.h"
#include "router/balance/balancing.h"
#include "router/balance/ids.h"
#include "router/balance/policy.h"
#include "router/balance/routing_table.h"

namespace tamada::router {

// Why a grant came to nothing.
enum class RetryCause {
  refused,    // nobody listens, no route, or no answer to the connection in time
  not_ready,  // 57P01 or 57P03: the server shuts down or starts up
  reset,      // dropped: may be this session's own fault, so it says nothing about the node
};

// Go ahead: connect to `candidate.postgres`. `generation` is the table under which it was decided: a later
// table may cut it (cut_line()).
struct Grant {
  SessionId session;
  Candidate candidate;
  Generation generation = 0;
};

// Wait: a Grant or an Expiry will come.
struct Held {
  TimePoint until;
};

// What a client is told in PostgreSQL's own words.
struct Refusal {
  const char* sqlstate = "57P03";  // 57P03 cannot_connect_now, 53300 too_many_connections
  std::string message;
  std::string hint;
};

using Verdict = std::variant<Grant, Held, Refusal>;

// A held session whose wait was in vain.
struct Expiry {
  SessionId session;
  Refusal refusal;
};

// For the status page. What is "most" or "longest" counts since the start or clear_maxima().
struct NodeLoad {
  NodeId node;
  std::uint32_t sessions = 0;  // granted and not ended
  std::uint32_t sessions_max = 0;
  std::uint32_t starting = 0;  // of the sessions, those that have a start-up slot
  std::uint32_t weight = 1;
};
struct ListenerLoad {
  std::uint32_t sessions = 0;  // granted and not ended
  std::uint32_t sessions_max = 0;
  std::uint32_t starting = 0;           // of the sessions, those that have a start-up slot
  std::uint32_t held = 0;               // waiting because no node is fit
  std::uint32_t queued = 0;             // waiting because a limit is reached
  std::uint32_t waiting_max = 0;        // held and queued
  std::uint32_t clients_max = 0;        // sessions, held and queued together
  std::optional<Duration> oldest_wait;  // of those that wait now
  Duration longest_wait{};              // of all, those that wait now included
  std::vector<NodeLoad> nodes;          // that ever had a session or were asked for one; in no order
};

class Admission {
 public:
  explicit Admission(std::uint32_t seed);

  // New policies and a new table. Listeners that are gone refuse new sessions; their granted ones stay
  // counted.
  void configure(const std::vector<ListenerPolicy>& listeners, TimePoint now, std::vector<Grant>& grants);
  void apply(RoutingTablePtr table, TimePoint now, std::vector<Grant>& grants);

  // `client` matters to `balance: source` only. A session asks once, then retry().
  [[nodiscard]] Verdict request(SessionId session, ListenerId listener, const Address& client, TimePoint now,
                                std::vector<Grant>& grants);

  // The grant came to nothing before the client saw a byte of it. The session keeps its deadline and goes to
  // the head of the queue; it does not get the same node again for `avoid_for`. A cause that concerns
  // everybody (refused, not ready) makes the node suspect for all: for `avoid_for` nobody is sent there, then
  // one session at a time, until the node has shown that it takes sessions. One that takes longer than
  // `probe_for` (it may wait for its client) does not keep the next one from trying. `why`: what happened, in
  // words; whoever waits in vain because every fit node is suspect is told so, instead of that limits are
  // reached.
  [[nodiscard]] Verdict retry(SessionId session, RetryCause cause, std::string_view why, TimePoint now,
                              std::vector<Grant>& grants);

  // Whose turn it is in a start-up that has a grant: gives the start-up slot back, or takes it again.
  // `takes`: the server has shown that it takes sessions, by an authentication request. (An answer to
  // SSLRequest shows nothing: 57P03 comes after it.) Ignored for a session that has no grant, has started, or
  // has its turn already.
  void client_owes(SessionId session, bool takes, TimePoint now, std::vector<Grant>& grants);
  void server_owes(SessionId session);

  // The start-up on the granted node is through (ReadyForQuery, or what stands for it under TLS). `takes`:
  // and it shows that the node takes sessions; false where nobody knows how it ended. Returns the node if the
  // listener is for the leader: somebody writes there now. Not set otherwise.
  NodeId started(SessionId session, bool takes, TimePoint now, std::vector<Grant>& grants);

  // Gone, in whatever phase: held, starting or running. Unknown sessions are ignored.
  void ended(SessionId session, TimePoint now, std::vector<Grant>& grants);

  // Sessions that are to end, so that others get their place; asked for after each call that adds grants.
  // Each is told once; ended() follows, unless its client answered meanwhile.
  [[nodiscard]] std::vector<SessionId> take_displaced() { return std::exchange(displaced_, {}); }

  // Ends waits that took too long; also lets in who can go (a node may be fit again after `avoid_for`).
  [[nodiscard]] std::vector<Expiry> expire(TimePoint now, std::vector<Grant>& grants);
  // When expire() has something to do next; none: nobody waits.
  [[nodiscard]] std::optional<TimePoint> next_expiry() const;

  // 0 to weight_max; 1 until set. Ignored for a listener that never was.
  void set_weight(ListenerId listener, NodeId node, std::uint32_t weight, TimePoint now,
                  std::vector<Grant>& grants);

  [[nodiscard]] ListenerLoad load(ListenerId listener, TimePoint now) const;
  // Of all listeners that ever were.
  [[nodiscard]] std::unordered_map<ListenerId, ListenerLoad> loads(TimePoint now) const;
  void clear_maxima();
  // Sessions on `node`, all listeners, granted and not ended.
  [[nodiscard]] std::uint32_t sessions_on(NodeId node) const;

  static constexpr Duration avoid_for = 200ms;
  static constexpr Duration probe_for = 1s;
  static constexpr Duration owing_patience = 1s;

 private:
  enum class Phase : std::uint8_t {
    waiting,
    starting,   // has a start-up slot
    owing,      // granted; the client owes an answer, so it has none
    displaced,  // the same, and told to make room
    running,
  };
  using Patience = std::chrono::duration<std::uint32_t, std::milli>;

  // One for each session that runs: small.
  struct Session {
    ListenerId listener;
    NodeId node;  // granted, or the one to avoid (waiting)
    Phase phase = Phase::waiting;
    Patience patience{};            // how long it may wait in all, from `asked`
    TimePoint asked = {};           // the first time
    TimePoint avoid_until = {};     // waiting: until then not to `node`; owing: since when
    std::uint64_t source_hash = 0;  // of the client's IP address
    [[nodiscard]] TimePoint deadline() const { return asked + patience; }
    [[nodiscard]] bool is_starting() const { return phase != Phase::waiting && phase != Phase::running; }
  };
  static_assert(sizeof(Session) <= 40);

  struct Waiting {
    SessionId session;
    TimePoint asked;
  };

  // What is known of a node on one listener.
  struct Node {
    std::uint32_t sessions = 0;  // granted and not ended
    std::uint32_t sessions_max = 0;
    std::uint32_t starting = 0;  // slots
    std::uint32_t weight = 1;
    bool suspect = false;  // the last thing heard from it was a refusal:
    RetryCause refused_as = RetryCause::refused;
    std::string refused_why;
    TimePoint suspect_until = {};
    SessionId probe;        // the session that was last sent to it while it was suspect, unless that is over
    TimePoint probed = {};  // when that was
  };

  struct Listener {
    ListenerPolicy policy;
    bool configured = true;
    std::deque<Waiting> waiting;  // first come first served
    std::unordered_map<NodeId, Node> nodes;
    std::set<std::pair<TimePoint, SessionId>> owing;  // by since when
    std::uint32_t displaced = 0;                      // told to make room, and not gone yet
    std::uint32_t sessions = 0;                       // granted and not ended
    std::uint32_t sessions_max = 0;
    std::uint32_t waiting_max = 0;
    std::uint32_t clients_max = 0;
    Duration longest_wait{};  // of waits that are over
    BalanceMemory balance;
  };

  [[nodiscard]] std::optional<Candidate> pick(Listener& listener, SessionId id, const Session& session,
                                              TimePoint now);
  static void trust(Node& node);  // it takes sessions
  [[nodiscard]] bool has_fit_node(const Listener& listener, TimePoint now) const;
  [[nodiscard]] bool has_weight(const Listener& listener, NodeId node) const;
  // Set: there are fit nodes, and each of them took no session when it was last tried.
  [[nodiscard]] std::optional<Refusal> none_takes_sessions(const Listener& listener, TimePoint now) const;
  [[nodiscard]] ListenerLoad load(const Listener& listener, TimePoint now) const;
  static void note_clients(Listener& listener);  // keeps the most clients there were at a time
  [[nodiscard]] static Refusal taken_out();      // the listener was
  [[nodiscard]] Refusal refusal(const Listener& listener, TimePoint now, std::string_view waited) const;
  void serve(Listener& listener, TimePoint now, std::vector<Grant>& grants);
  // Whether a limit on connections keeps a session from the node.
  [[nodiscard]] static bool is_full(const Listener& listener, NodeId node);
  // Has sessions make room for `wanting` others that a limit on connections keeps out.
  void displace(Listener& listener, std::size_t wanting, TimePoint now);
  // It does not owe any more.
  void owes_nothing(Listener& listener, SessionId id, Session& session);
  void release(Listener& listener, SessionId id, Session& session);
  void stop_waiting(SessionId id, TimePoint now);
  // Serves the queue with `id` in it; its own grant, if it got one, is the verdict.
  [[nodiscard]] Verdict verdict(Listener& listener, SessionId id, TimePoint now, std::vector<Grant>& grants);

  RoutingTablePtr table_;
  std::unordered_map<ListenerId, Listener> listeners_;
  std::unordered_map<SessionId, Session> sessions_;
  std::set<std::pair<TimePoint, SessionId>> deadlines_;  // one per waiting session
  std::set<std::pair<TimePoint, ListenerId>> rechecks_;  // when an avoidance, a suspicion or a probe ends
  std::unordered_map<NodeId, std::uint32_t> sessions_on_;
  std::vector<SessionId> displaced_;
  std::mt19937 random_;
};

}  // namespace tamada::router
