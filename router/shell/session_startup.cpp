// The start-up of a session: from the first packet to the first byte that is only passed on.
#include "router/shell/session_startup.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/loop/clock.h"
#include "router/shell/session_log.h"

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

const char* smell_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::reset:
      return "reset";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::unreachable:
      return "unreachable";
    default:
      return nullptr;
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
        relay_.cut(farewell);
      }
      return end(step.end, step.why);
  }
}

bool Session::enter_address() {
  const AddressLimits& limits = settings().address_limits;
  if (!limits.is_set()) return true;
  client_ = starting_->machine.client();
  const AddressLimiter::Entry entry =
      host_.addresses().enter(settings().id, settings().name, client_, limits);
  address_place_ = entry.place;
  if (entry.place == AddressLimiter::Place::starting) return true;
  listener_.counters->address_limited.add();
  if (entry.place == AddressLimiter::Place::refused) {
    starting_->client_left = std::min(starting_->client_left, refused_patience);
    refuse({"53300", entry.message, entry.hint}, EndReason::address_limit);
  } else {
    relay_.close();
    end(EndReason::address_limit, entry.message);
  }
  return false;
}

void Session::move_address(AddressLimiter::Place to) {
  const AddressLimiter::Place from = std::exchange(address_place_, to);
  if (from == AddressLimiter::Place::none) {
    address_place_ = from;
  } else {
    host_.addresses().move(listener_.settings->id, client_, from, to);
  }
}

// Whose turn it is: the client's own time runs or stands still, and the start-up slot is given back or taken.
void Session::take_turn(bool client_owes) {
  const TimePoint now = loop::boot_now();
  if (client_owes != (starting_->owes_since != TimePoint{})) set_owing(client_owes ? now : TimePoint{});
  const bool timed = client_owes && !(starting_->passing && starting_->bursts > tls_handshake_bursts);
  if (timed != (starting_->timed_since != TimePoint{})) {
    if (!timed) starting_->client_left -= now - starting_->timed_since;
    starting_->timed_since = timed ? now : TimePoint{};
  }
  set_starting_deadline();
  if (!admitted_ || phase_ != Phase::startup || starting_->has_slot != client_owes) return;
  starting_->has_slot = !client_owes;
  if (client_owes) {
    host_.expire_at(host_.dispatcher().client_owes(id_, starting_->machine.server_takes_sessions()));
  } else {
    host_.dispatcher().server_owes(id_);
  }
}

void Session::set_owing(TimePoint since) {
  host_.change_owing(*this, starting_->owes_since, since);
  starting_->owes_since = since;
}

void Session::set_starting_deadline() {
  TimePoint due = starting_->guess_at;
  if (starting_->timed_since != TimePoint{}) {
    const TimePoint patience_ends = starting_->timed_since + starting_->client_left;
    due = due == TimePoint{} ? patience_ends : std::min(due, patience_ends);
  }
  set_deadline(due);
}

bool Session::has_begun_behind_tls() const {
  if (starting_->bursts >= tls_bursts) return true;
  const bool guesses = starting_->guess_at != TimePoint{} && loop::boot_now() < starting_->guess_at;
  return !guesses && starting_->bursts > tls_handshake_bursts && starting_->burst_bytes >= tls_ready_least;
}

void Session::on_starting_deadline() {
  if (starting_->guess_at != TimePoint{} && loop::boot_now() >= starting_->guess_at) {
    if (has_begun_behind_tls()) return finish_starting(loop::boot_now());
    // From here on the client owes, whoever spoke last: nobody can see whether what it sends is a whole
    // anything.
    starting_->guess_at = {};
    return take_turn(true);
  }
  if (host_.is_draining() && phase_ == Phase::first_packet) return end_now(EndReason::draining);
  if (!starting_->passing) return carry_out(starting_->machine.give_up());
  listener_.counters->bad_starts.add();
  relay_.cut(farewell);
  end(EndReason::startup_timeout);
}

void Session::make_room() {
  // It may have answered while this was on its way.
  if (ended_ || !starting_ || starting_->owes_since == TimePoint{}) return;
  listener_.counters->bad_starts.add();
  client_ = starting_->machine.client();
  relay_.drop_server();
  relay_.close();  // no farewell: its descriptor is what somebody else needs
  end(EndReason::made_room);
}

void Session::admit() {
  listener_.counters->arrived.add();
  client_ = starting_->machine.client();
  starting_->asked = loop::boot_now();
  admitted_ = true;
  take(host_.dispatcher().request(id_, settings().id, client_));
}

void Session::take(Dispatcher::Answer answer) {
  if (const Grant* grant = std::get_if<Grant>(&answer.verdict)) return connect(*grant);
  if (const Refusal* refusal = std::get_if<Refusal>(&answer.verdict)) {
    phase_ = Phase::hold;
    return refuse(*refusal, EndReason::turned_away);
  }
  phase_ = Phase::hold;
  if (host_.is_draining()) return refuse(shutting_down, EndReason::draining);
  // Also after a server that took it back: a client waits once, however often it is tried elsewhere.
  if (!std::exchange(starting_->had_to_wait, true)) listener_.counters->held.add();
  host_.expire_at(answer.next);
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
  host_.remember_name(node_, grant.candidate.name);
  starting_->waited = now - starting_->asked;
  starting_->connected = now;
  starting_->answered = false;
  starting_->has_slot = true;
  wait_ms_ = static_cast<std::uint32_t>(to_ms(starting_->waited));
  // The grant may have been on its way while this worker took a newer table, or was too busy for too long.
  const RoutingTable* table = host_.table();
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
    if (const char* words = smell_of(error.kind)) smell(words);
    if (cause_of(error.kind) == RetryCause::refused) host_.report_no_connection(node_);
    return retry(cause_of(error.kind), error.message);
  }
  // Behind its StartupMessage a client may have sent all it wants.
  if (host_.has_run_out() && is_about(*host_.table())) {
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
  const std::string smelt = machine.take_smell();
  if (!smelt.empty()) smell(smelt == "57P01" ? "57P01" : "57P03");
  if (!smelt.empty() || step.next == StartNext::retry) route().response_errors.add();
  if (const auto key = machine.take_key()) {
    host_.cancel_registry().add(id_, *key, relay_.server_address());
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
  smell(reset ? "reset" : "closed");
  if (machine.can_retry()) {
    return carry_out(machine.server_lost(RetryCause::reset,
                                         reset ? std::string(why) : "the server closed without an answer"));
  }
  relay_.finish(farewell);
  end(reset ? EndReason::server_reset : EndReason::server_closed);
}

void Session::retry(RetryCause cause, std::string_view why) {
  relay_.drop_server();
  const NodeId node = std::exchange(node_, NodeId{});
  route().retried.add();
  relay_.set_route(listener_.counters->nowhere);
  phase_ = Phase::hold;
  if (host_.log().enabled(LogLevel::debug)) {
    host_.log().write(LogLevel::debug, "session.retry",
                      {{"id", id_.number}, {"node", host_.name_of(node)}, {"why", why}});
  }
  take(host_.dispatcher().retry(id_, node, cause, why));
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
  host_.forward_cancel(machine.cancel_request(), machine.proxy_header(), starting_->settings,
                       relay_.release_client(), machine.client());
  relay_.close();
  set_deadline({});
  ended_ = true;  // not a session: no line of its own (the cancel has one)
  host_.retire(*this);
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

// Behind TLS whoever did not speak last owes.
void Session::on_noted(Side from, std::size_t bytes) {
  if (from == Side::client) {
    starting_->client_spoke = true;
    if (starting_->guess_at != TimePoint{}) take_turn(false);
    return;
  }
  if (std::exchange(starting_->client_spoke, false)) {
    ++starting_->bursts;
    starting_->burst_bytes = 0;
  }
  starting_->burst_bytes += bytes;
  if (has_begun_behind_tls()) return finish_starting(loop::boot_now());
  take_turn(true);
}

void Session::finish_starting(std::optional<TimePoint> at) {
  relay_.set_mode(Relay::Mode::passing);
  let_in_ = at.has_value() && (starting_->passing || starting_->machine.is_authenticated());
  refused_by_server_ = starting_->machine.has_failed();
  if (let_in_ && !refused_by_server_) {
    log_session_start(host_.log(), {id_, client_, listener_.settings->name, host_.name_of(node_),
                                    relay_.server_address(), server_port_, identity_, wait_ms_});
  }
  set_owing({});
  move_address(AddressLimiter::Place::running);
  starting_.reset();
  host_.dispatcher().started(id_, at);
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
