// The start-up of a session: from the first packet to the first byte that is only passed on.
#include "router/session/session_startup.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/loop/clock.h"
#include "router/session/session_log.h"

namespace tamada::router {

namespace {

const Refusal by_hand{"57P01", "an administrator of the router has ended this session", "connect again"};
const Refusal shutting_down{"57P01", "the router is shutting down",
                            "connect again: another router may be up"};

RetryCause cause_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::reset:
    case ErrorKind::system:  // out of ports or descriptors: not the node's fault
      return RetryCause::reset;
    default:
      return RetryCause::refused;
  }
}

std::optional<SessionHint::Kind> hint_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::refused:
      return SessionHint::Kind::refused;
    case ErrorKind::reset:
      return SessionHint::Kind::reset;
    case ErrorKind::timeout:
      return SessionHint::Kind::timeout;
    case ErrorKind::unreachable:
      return SessionHint::Kind::unreachable;
    default:
      return std::nullopt;
  }
}

}  // namespace

const CutLine* find_cut(const RoutingTable& table, const ListenerSettings& settings, NodeId node,
                        Generation admitted) {
  if (table.find(settings.id) != nullptr || !settings.leads) {
    return cut_line(table, settings.id, node, admitted);
  }
  for (const ListenerRoutes& routes : table.listeners) {
    const CutLine* line = cut_line(table, routes.listener, node, admitted);
    if (line != nullptr && line->cause != CutCause::lagging && line->cause != CutCause::promoted) return line;
  }
  return nullptr;
}

void Session::carry_out(const StartStep& step) {
  // A cancel request is no session and passes by the limits.
  const bool passes_by = step.next == StartNext::end || step.next == StartNext::cancel;
  if (!passes_by && starting_->machine.knows_client() && !std::exchange(starting_->entered, true) &&
      !enter_address()) {
    return;
  }
  if (!step.to_client.empty()) relay_.send(Side::client, step.to_client);
  if (!step.to_server.empty()) relay_.send(Side::server, step.to_server);
  switch (step.next) {
    case StartNext::wait_client:
    case StartNext::wait_server:
      return take_turn(starting_->machine.client_owes());
    case StartNext::admit:
      take_turn(false);
      return admit();
    case StartNext::retry:
      return retry(step.cause, step.why);
    case StartNext::cancel:
      return forward_cancel();
    case StartNext::relay:
      return begin_relay();
    case StartNext::end:
      if (step.end == EndReason::denied) {
        listener_.counters->denied.add();
      } else if (step.end == EndReason::bad_start || step.end == EndReason::bad_proxy_header ||
                 step.end == EndReason::startup_timeout) {
        listener_.counters->bad_starts.add();
      }
      client_ = starting_->machine.client();
      if (step.to_client.empty()) {
        relay_.drop_server();
        relay_.close();  // nothing to wait for: a denied crowd is not to hold sockets
      } else {
        relay_.cut(linger_timeout);
      }
      return end(step.end, step.why);
  }
}

void Session::admit() {
  listener_.counters->arrived.add();
  client_ = starting_->machine.client();
  starting_->asked = loop::boot_now();
  admitted_ = true;
  take(callbacks_.dispatcher().request(id_, settings().id, client_));
}

void Session::take(Dispatcher::Answer answer) {
  if (const Grant* grant = std::get_if<Grant>(&answer.verdict)) return connect(*grant);
  if (const Refusal* refusal = std::get_if<Refusal>(&answer.verdict)) {
    phase_ = Phase::hold;
    return refuse(*refusal, EndReason::turned_away);
  }
  phase_ = Phase::hold;
  if (callbacks_.is_draining()) return refuse(shutting_down, EndReason::draining);
  // Also after a server that took it back: a client waits once, however often it is tried elsewhere.
  if (!std::exchange(starting_->had_to_wait, true)) listener_.counters->held.add();
  callbacks_.expire_at(answer.next);
}

void Session::on_grant(const Grant& grant) {
  if (ended_ || phase_ != Phase::hold || !admitted_) return;
  connect(grant);
}

void Session::on_expiry(const Refusal& refusal) {
  if (ended_ || phase_ != Phase::hold || !admitted_) return;
  refuse(refusal, EndReason::wait_expired);
}

void Session::connect(const Grant& grant) {
  const TimePoint now = loop::boot_now();
  node_ = grant.candidate.node;
  generation_ = grant.generation;
  relay_.set_route(listener_.route(node_));
  route().granted.add();
  callbacks_.remember_name(node_, grant.candidate.name);
  starting_->waited = now - starting_->asked;
  starting_->connected = now;
  starting_->answered = false;
  starting_->has_slot = true;
  wait_ms_ = static_cast<std::uint32_t>(to_ms(starting_->waited));
  // The grant may have been on its way while this worker took a newer table, or was too busy for too long.
  const RoutingTable* table = callbacks_.table();
  if (table != nullptr && find_cut(*table, settings(), node_, generation_) != nullptr) {
    return retry(RetryCause::reset, "the grant was overtaken by a newer routing table");
  }
  if (now >= grant.candidate.valid_until) {
    return retry(RetryCause::reset, "the routing table ran out before the grant arrived");
  }
  phase_ = Phase::connect;
  relay_.connect_server(grant.candidate.postgres, settings().connect_timeout);
}

void Session::on_server_connected(const Result<void>& result) {
  if (!result) {
    const Error& error = result.error();
    route().connect_errors.add();
    if (const auto kind = hint_of(error.kind)) hint(*kind);
    if (cause_of(error.kind) == RetryCause::refused) callbacks_.report_no_connection(node_);
    return retry(cause_of(error.kind), error.message);
  }
  // Behind its StartupMessage a client may have sent all it wants.
  if (callbacks_.has_run_out() && is_about(*callbacks_.table())) {
    return retry(RetryCause::reset, "the routing table ran out before the server was connected");
  }
  phase_ = Phase::startup;
  const TimePoint now = loop::boot_now();
  route().sessions_total.add();
  route().last_session.store(now, std::memory_order_relaxed);
  route().connect.add(now - starting_->connected, era());
  starting_->connected = now;
  relay_.open_server(settings());
  server_port_ = relay_.server_local_address().port();
  carry_out(starting_->machine.server_connected());
}

void Session::on_watched_bytes(Side from, std::span<const std::byte> bytes) {
  SessionStart& machine = starting_->machine;
  if (from == Side::client) return carry_out(machine.client_bytes(bytes));
  if (!std::exchange(starting_->answered, true)) {
    route().first_answer.add(loop::boot_now() - starting_->connected, era());
  }
  const StartStep step = machine.server_bytes(bytes);
  const std::optional<SessionHint::Kind> met = machine.take_hint();
  if (met) hint(*met);
  if (met || step.next == StartNext::retry) route().response_errors.add();
  if (const auto key = machine.take_key()) {
    callbacks_.cancel_registry().add(id_, *key, relay_.server_address());
    cancel_pid_ = key->pid;
    has_key_ = true;
  }
  carry_out(step);
}

void Session::on_watched_loss(Side side, bool reset, std::string_view why) {
  SessionStart& machine = starting_->machine;
  if (side == Side::client) {
    client_ = machine.client();
    relay_.close();
    if (machine.client_broke_off()) listener_.counters->bad_starts.add();
    if (const auto* refused = machine.refused()) return end(refused->end, refused->refusal.message);
    if (machine.client_said_something()) route().client_aborts.add();
    if (reset) return end(EndReason::client_reset);
    return end(machine.client_said_something() ? EndReason::client_closed : EndReason::nothing_sent);
  }
  route().response_errors.add();
  hint(reset ? SessionHint::Kind::reset : SessionHint::Kind::closed);
  if (machine.can_retry()) {
    return carry_out(machine.server_lost(RetryCause::reset,
                                         reset ? std::string(why) : "the server closed without an answer"));
  }
  relay_.finish(linger_timeout);
  end(reset ? EndReason::server_reset : EndReason::server_closed);
}

void Session::retry(RetryCause cause, std::string_view why) {
  relay_.drop_server();
  const NodeId node = std::exchange(node_, NodeId{});
  route().retried.add();
  relay_.set_route(listener_.counters->nowhere);
  phase_ = Phase::hold;
  if (callbacks_.log().enabled(LogLevel::debug)) {
    callbacks_.log().write(LogLevel::debug, "session.retry",
                           {{"id", id_.number}, {"node", callbacks_.name_of(node)}, {"why", why}});
  }
  take(callbacks_.dispatcher().retry(id_, node, cause, why));
}

void Session::refuse(const Refusal& refusal, EndReason reason) {
  leave_admission();
  relay_.drop_server();
  // What somebody asked for by hand is no failure.
  if (reason != EndReason::ended_by_hand) listener_.counters->refused.add();
  carry_out(starting_->machine.refuse(refusal, reason));
}

void Session::forward_cancel() {
  const SessionStart& machine = starting_->machine;
  listener_.counters->cancels.add();
  if (phase_ == Phase::first_packet) listener_.counters->arrived.add();
  leave_admission();
  set_owing({});
  move_address(AddressLimiter::Place::none);
  callbacks_.forward_cancel(machine.cancel_request(), machine.proxy_header(), starting_->settings,
                            relay_.release_client(), machine.client());
  relay_.close();
  set_deadline({});
  ended_ = true;  // not a session: no line of its own (the cancel has one)
  callbacks_.retire(*this);
}

void Session::begin_relay() {
  const TimePoint now = loop::boot_now();
  count_wait(now);
  const SessionStart::Identity& names = starting_->machine.identity();
  if (!names.user.empty() || !names.database.empty() || !names.application.empty()) {
    identity_ = pack_identity(names);
  }
  if (starting_->machine.is_started()) {
    relay_.set_mode(Relay::Mode::passing);
    return finish_starting(now);
  }
  starting_->passing = true;
  starting_->guess_at = now + tls_starting;
  starting_->bursts = starting_->machine.is_direct_tls() ? 1 : 0;
  relay_.set_mode(Relay::Mode::noted);
  relay_.set_encrypted();
  take_turn(true);
}

void Session::finish_starting(std::optional<TimePoint> at) {
  relay_.set_mode(Relay::Mode::passing);
  let_in_ = at.has_value() && (starting_->passing || starting_->machine.is_authenticated());
  refused_by_server_ = starting_->machine.has_failed();
  if (let_in_ && !refused_by_server_ && listener_.settings->session_starts) {
    log_session_start(callbacks_.log(), {id_, client_, listener_.settings->name, callbacks_.name_of(node_),
                                         relay_.server_address(), server_port_, identity_, wait_ms_});
  }
  set_owing({});
  move_address(AddressLimiter::Place::running);
  starting_.reset();
  callbacks_.dispatcher().started(id_, at);
  set_deadline({});
  if (phase_ == Phase::startup) phase_ = Phase::relay;
  if (settings().idle_timeout > 0s) watch_quiet(settings().idle_timeout);
}

void Session::count_wait(TimePoint now) {
  if (starting_->asked == TimePoint{} || std::exchange(starting_->wait_counted, true)) return;
  // Without a node it is still waiting, in vain.
  const Duration waited = node_.is_set() ? starting_->waited : now - starting_->asked;
  listener_.counters->count_wait(waited);
  route().wait.add(waited, era());
}

void Session::end_by_hand() {
  if (ended_) return;
  const bool unseen = starting_ && !starting_->passing && starting_->machine.can_retry();
  if (admitted_ && unseen) return refuse(by_hand, EndReason::ended_by_hand);
  end_now(EndReason::ended_by_hand);
}

void Session::on_drain() {
  if (ended_) return;
  if (phase_ == Phase::hold && admitted_) return refuse(shutting_down, EndReason::draining);
  // It was accepted before, so nobody else will serve it: it may still say what it wants, soon.
  if (phase_ != Phase::first_packet || !starting_) return;
  const TimePoint timed_since = starting_->timed_since;
  const Duration used = timed_since == TimePoint{} ? Duration{} : loop::boot_now() - timed_since;
  starting_->client_left = std::min(starting_->client_left, used + drain_patience);
  set_starting_deadline();
}

}  // namespace tamada::router
