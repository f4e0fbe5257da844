#include "router/session/session.h"

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"
#include "router/session/session_log.h"
#include "router/session/session_startup.h"

namespace tamada::router {

namespace {

// How much sooner than its limit silence is looked for, so that it is noticed at most an eighth too late.
constexpr int quiet_checks = 8;

}  // namespace

Session::Session(SessionCallbacks& host, ListenerContext& listener, SessionId id, const Address& peer)
    : callbacks_(host),
      listener_(listener),
      id_(id),
      client_(peer),
      born_(loop::boot_now()),
      relay_(host.loop(), *this, listener.counters->nowhere) {}

Session::~Session() = default;

const ListenerSettings& Session::settings() const {
  return starting_ ? *starting_->settings : *listener_.settings;
}

void Session::begin(UniqueFd socket) {
  const ListenerSettingsPtr settings = listener_.settings;
  listener_.counters->accepted.add();
  relay_.adopt_client(std::move(socket), client_, *settings);
  const Address local = settings->rules.send_proxy ? relay_.client_local_address() : Address{};
  starting_ = std::make_unique<Starting>(settings, client_, local);
  carry_out(starting_->machine.begin());
}

// ---- running

void Session::on_half_closed(Side side, Duration held) {
  // Behind TLS nobody knows how it ended: perhaps with an error.
  if (starting_) finish_starting(std::nullopt);
  if (side == Side::server && relay_.client_goes_on()) refused_by_server_ = true;
  phase_ = Phase::closing;
  closing_as_ = side == Side::client ? EndReason::client_closed : EndReason::server_closed;
  if (held > 0s) return set_deadline_in(held);
  watch_quiet(settings().fin_timeout);
}

void Session::on_both_closed() {
  end(closing_as_);
}

void Session::on_reset(Side side, std::string_view why) {
  if (phase_ == Phase::closing) return end(closing_as_);
  if (side == Side::server) hint(SessionHint::Kind::reset);
  (side == Side::client ? route().client_aborts : route().server_aborts).add();
  end(side == Side::client ? EndReason::client_reset : EndReason::server_reset, why);
}

void Session::on_table(const RoutingTable& table) {
  if (ended_ || !node_.is_set() || phase_ < Phase::connect) return;
  const CutLine* line = find_cut(table, settings(), node_, generation_);
  if (line == nullptr) return;
  if (starting_ && !starting_->passing && starting_->machine.can_retry()) {
    relay_.drop_server();
    return carry_out(starting_->machine.server_lost(RetryCause::reset, line->why));
  }
  route().cut.add();
  relay_.cut(linger_timeout);
  end(end_reason_of(line->cause), line->why);
}

void Session::on_table_age(const RoutingTable& table, bool ran_out) {
  if (ended_ || !node_.is_set() || phase_ < Phase::connect) return;
  relay_.hold_client(ran_out && is_about(table));
}

// A session of a newer table than the worker has taken is not this one's business.
bool Session::is_about(const RoutingTable& table) const {
  const bool writes =
      settings().leads || std::find(table.writers.begin(), table.writers.end(), node_) != table.writers.end();
  return writes && generation_ <= table.generation;
}

void Session::on_deadline() {
  deadline_ = {};
  if (phase_ == Phase::closing) {
    if (relay_.pass_held_fin()) {
      if (!ended_) watch_quiet(settings().fin_timeout);
      return;
    }
    return check_quiet(settings().fin_timeout, closing_as_ == EndReason::client_closed
                                                   ? EndReason::server_fin_timeout
                                                   : EndReason::client_fin_timeout);
  }
  if (!starting_) {
    if (settings().idle_timeout > 0s) check_quiet(settings().idle_timeout, EndReason::idle_timeout);
    return;
  }
  on_starting_deadline();
}

void Session::watch_quiet(Duration limit) {
  mark_ = relay_.progress();
  quiet_since_ = loop::boot_now();
  set_deadline_in(std::max<Duration>(limit / quiet_checks, 1ms));
}

void Session::check_quiet(Duration limit, EndReason reason) {
  if (relay_.progress() != mark_) return watch_quiet(limit);
  if (loop::boot_now() - quiet_since_ < limit) {
    return set_deadline_in(std::max<Duration>(limit / quiet_checks, 1ms));
  }
  relay_.cut(linger_timeout);
  end(reason);
}

void Session::end_now(EndReason reason) {
  if (ended_) return;
  relay_.cut(linger_timeout);
  end(reason);
}

// ---- what is told about it

SessionStats Session::describe(TimePoint now) const {
  SessionStats stats;
  stats.id = id_;
  stats.client = client_.to_string();
  stats.listener = listener_.settings->name;
  if (node_.is_set()) {
    stats.node = callbacks_.name_of(node_);
    stats.server = relay_.server_address().to_string();
  }
  stats.phase = word_of(phase_);
  stats.began = born_;
  const bool waits = starting_ && starting_->asked != TimePoint{} && !node_.is_set();
  stats.wait = waits ? now - starting_->asked : std::chrono::milliseconds(wait_ms_);
  stats.up_bytes = relay_.up_bytes();
  stats.down_bytes = relay_.down_bytes();
  if (starting_) {
    const SessionStart::Identity& names = starting_->machine.identity();
    stats.user = names.user;
    stats.database = names.database;
    stats.application = names.application;
  } else {
    const auto [user, database, application] = unpack_identity(identity_);
    stats.user = user;
    stats.database = database;
    stats.application = application;
  }
  stats.backend_pid = cancel_pid_;
  stats.server_side_port = server_port_;
  return stats;
}

bool Session::is_of(NodeId node, ListenerId listener) const {
  return (!node.is_set() || node == node_) && (!listener.is_set() || listener == listener_.settings->id);
}

// ---- the end

void Session::leave_admission() {
  if (!std::exchange(admitted_, false)) return;
  callbacks_.dispatcher().ended(id_, node_);
}

void Session::hint(SessionHint::Kind kind) {
  if (listener_.settings->leads && node_.is_set()) callbacks_.report_hint({node_, kind});
}

void Session::set_deadline(TimePoint due) {
  if (due == deadline_) return;
  callbacks_.change_deadline(*this, deadline_, due);
  deadline_ = due;
}

void Session::set_deadline_in(Duration span) {
  set_deadline(loop::boot_now() + span);
}

void Session::end(EndReason reason, std::string_view why) {
  ended_ = true;
  const TimePoint now = loop::boot_now();
  set_deadline({});
  move_address(AddressLimiter::Place::none);
  leave_admission();
  if (starting_) {
    count_wait(now);
    set_owing({});
  }
  if (node_.is_set() && phase_ >= Phase::startup) route().session.add(now - born_, era());
  if (has_key_) callbacks_.cancel_registry().remove(id_, cancel_pid_);
  if (phase_ == Phase::first_packet) listener_.counters->arrived.add();
  const EndedSession line{id_,
                          client_,
                          listener_.settings->name,
                          callbacks_.name_of(node_),
                          relay_.server_address(),
                          server_port_,
                          identity_,
                          now - born_,
                          wait_ms_,
                          relay_.up_bytes(),
                          relay_.down_bytes(),
                          phase_,
                          reason,
                          why,
                          let_in_,
                          refused_by_server_ || (starting_ && reason == EndReason::server_closed)};
  log_session_end(callbacks_.log(), listener_.settings->session_lines, line);
  callbacks_.retire(*this);
}

}  // namespace tamada::router
