// Session: one client connection, from accept to its line in the log.
//
// Start-up is SessionStart's (rules/), bytes are Relay's; this class (session_startup.cpp: while it
// starts) joins them with admission, routing tables, deadlines and the log. Lives in its worker's table under
// its number; whoever comes late (a grant, a deadline) finds it there or nobody. Worker thread only.
//
// Memory of a running session: this object (its size is tested), its entries in the worker's table, in
// Admission and in the CancelRegistry, and the names its StartupMessage gave. What only start-up needs is
// freed when that is over, and no buffer is held while nothing waits to be sent.
//
// While it starts, whoever owes the next word has the turn (SessionStart::client_owes()). In the server's
// turns the session has a start-up slot. The client's turns are timed, all together: past `startup_timeout`
// it is ended, and when all client slots are taken it may be ended sooner (make_room()).
//
// Under TLS nobody can see when start-up is over. It counts as over when the server has answered `tls_bursts`
// times after its `S` (handshake and SCRAM); also once `tls_starting` has passed, when the last answer after
// the handshake (`tls_handshake_bursts`) was as long as what PostgreSQL says to a client that is let in,
// which is 300 bytes and more: a request for a password has at most 123. Until then whoever did not speak
// last has the turn, and once `tls_starting` has passed the client owes: its session has no start-up slot any
// more and may have to make room. It is timed only while the handshake is not through, since it could be an
// authenticated client of a server that says little; PostgreSQL has its authentication_timeout.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "router/session/relay.h"
#include "router/session/rules/session_end.h"
#include "router/session/rules/session_start.h"
#include "router/session/session_callbacks.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

class Session final : private RelayCallbacks {
 public:
  static constexpr unsigned tls_bursts = 4;
  static constexpr unsigned tls_handshake_bursts = 1;
  static constexpr Duration tls_starting = 1s;
  static constexpr std::size_t tls_ready_least = 150;  // bytes
  static constexpr Duration drain_patience = 1s;

  Session(SessionCallbacks& host, ListenerContext& listener, SessionId id, const Address& peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes the socket; may end the session at once (denied).
  void begin(UniqueFd socket);

  // The wait is over: with a server, or in vain. Ignored unless it waits.
  void on_grant(const Grant& grant);
  void on_expiry(const Refusal& refusal);
  // A new table: exchanged unseen for another server or closed, if the table says so.
  void on_table(const RoutingTable& table);
  // `ran_out`: nothing is passed on to the nodes that the table is about (RoutingTable::good_until); false:
  // it is again.
  void on_table_age(const RoutingTable& table, bool ran_out);
  void on_deadline();
  // The router shuts down: ends clients that wait, with 57P01. Those that have not asked for anything yet
  // have `drain_patience` to do so, and are served where a node is fit at once.
  void on_drain();
  // At once, in whatever phase.
  void end_now(EndReason reason);
  // The same for EndReason::ended_by_hand, but a client that has seen nothing of a server yet is told 57P01.
  void end_by_hand();
  // The client owes something, and others need its place: ends it at once.
  void make_room();

  [[nodiscard]] SessionStats describe(TimePoint now) const;
  [[nodiscard]] bool is_of(NodeId node, ListenerId listener) const;  // not set: any

  [[nodiscard]] SessionId id() const { return id_; }
  [[nodiscard]] bool has_ended() const { return ended_; }

 private:
  struct Starting;  // what only start-up needs

  void on_server_connected(const Result<void>& result) override;
  void on_watched_bytes(Side from, std::span<const std::byte> bytes) override;
  void on_watched_loss(Side side, bool reset, std::string_view why) override;
  void on_noted(Side from, std::size_t bytes) override;
  void on_half_closed(Side side, Duration held) override;
  void on_both_closed() override;
  void on_reset(Side side, std::string_view why) override;

  void carry_out(const StartStep& step);
  void admit();
  void take(Dispatcher::Answer answer);
  void connect(const Grant& grant);
  void retry(RetryCause cause, std::string_view why);
  void refuse(const Refusal& refusal, EndReason reason);
  // Counts the connection for its address. False: there are too many, and the session was refused or ended.
  [[nodiscard]] bool enter_address();
  void move_address(AddressLimiter::Place to);
  void forward_cancel();
  void begin_relay();
  void take_turn(bool client_owes);
  void set_owing(TimePoint since);  // TimePoint{}: it owes nothing
  void set_starting_deadline();
  [[nodiscard]] bool has_begun_behind_tls() const;
  void on_starting_deadline();
  // `at`: when; not set: it is over, but nobody knows whether well.
  void finish_starting(std::optional<TimePoint> at);
  // How long it waited for a server, once.
  void count_wait(TimePoint now);
  void leave_admission();
  void hint(SessionHint::Kind kind);
  void set_deadline(TimePoint due);
  void set_deadline_in(Duration span);
  // Ends the session when no byte moves for `limit`; looks eight times as often.
  void watch_quiet(Duration limit);
  void check_quiet(Duration limit, EndReason reason);
  // The sockets are closed by the caller.
  void end(EndReason reason, std::string_view why = {});

  [[nodiscard]] const ListenerSettings& settings() const;
  [[nodiscard]] bool is_about(const RoutingTable& table) const;
  // Where it counts: its node's, or `nowhere`.
  [[nodiscard]] RouteCounters& route() const { return relay_.route(); }
  [[nodiscard]] const Era& era() const { return listener_.counters->era; }

  SessionCallbacks& callbacks_;
  ListenerContext& listener_;
  const SessionId id_;
  std::unique_ptr<Starting> starting_;
  Address client_;        // as the PROXY header named it, else the peer
  const TimePoint born_;  // accepted
  TimePoint deadline_{};
  Generation generation_ = 0;  // of the grant
  std::uint64_t mark_ = 0;     // Relay::progress() at quiet_since_
  TimePoint quiet_since_{};    // idle_timeout and fin_timeout: no byte has moved since
  std::string identity_;       // packed (session_log.h); empty under TLS
  NodeId node_;                // granted
  std::uint32_t wait_ms_ = 0;  // until the last grant
  std::uint32_t cancel_pid_ = 0;
  std::uint16_t server_port_ = 0;  // ours, towards the server: it stands in PostgreSQL's log
  Phase phase_ = Phase::first_packet;
  AddressLimiter::Place address_place_ = AddressLimiter::Place::none;
  EndReason closing_as_ = EndReason::client_closed;  // in Phase::closing
  bool admitted_ = false;                            // Admission knows it
  bool has_key_ = false;                             // the CancelRegistry knows it
  bool let_in_ = false;                              // see EndedSession
  bool refused_by_server_ = false;                   // see EndedSession
  bool ended_ = false;
  Relay relay_;
};

}  // namespace tamada::router
