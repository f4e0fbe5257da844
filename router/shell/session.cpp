#include "router/shell/session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/loop/clock.h"
#include "router/shell/session_log.h"

namespace tamada::router {

namespace {

// For a client's last words once we close on it.
constexpr Duration farewell = 5s;
// How much sooner than its limit silence is looked for, so that it is noticed at most an eighth too late.
constexpr int quiet_checks = 8;

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

// cut_line(), also for sessions of a listener that was taken out: they go on, but not on a node that lost its
// role, of which the cuts of the other listeners tell.
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

}  // namespace

struct Session::Starting {
  Starting(ListenerSettingsPtr begun_with, const Address& peer, const Address& local)
      : settings(std::move(begun_with)), machine(settings->rules, peer, local) {}
  const ListenerSettingsPtr settings;
  SessionStart machine;
  TimePoint asked{};  // for a server, the first time
  unsigned bursts = 0;
  bool client_spoke = false;  // since the last burst
  bool passing = false;       // behind TLS
};

Session::Session(SessionHost& host, ListenerContext& listener, SessionId id, const Address& peer)
    : host_(host),
      listener_(listener),
      id_(id),
      client_(peer),
      born_(loop::boot_now()),
      relay_(host.loop(), *this, *listener.counters) {}

Session::~Session() = default;

const ListenerSettings& Session::settings() const {
  return starting_ ? *starting_->settings : *listener_.settings;
}

void Session::begin(loop::UniqueFd socket) {
  const ListenerSettingsPtr settings = listener_.settings;
  relay_.adopt_client(std::move(socket), client_, *settings);
  const Address local = settings->rules.send_proxy ? relay_.client_local_address() : Address{};
  starting_ = std::make_unique<Starting>(settings, client_, local);
  carry_out(starting_->machine.begin());
}

// ---- start-up

void Session::carry_out(const StartStep& step) {
  if (!step.to_client.empty()) relay_.send(Side::client, step.to_client);
  if (!step.to_server.empty()) relay_.send(Side::server, step.to_server);
  switch (step.next) {
    case StartNext::wait_client:
      if (deadline_ == TimePoint{}) set_deadline_in(settings().startup_timeout);
      return;
    case StartNext::wait_server:
      return set_deadline({});
    case StartNext::admit:
      set_deadline({});
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
      } else if (step.end == EndReason::bad_start || step.end == EndReason::bad_proxy_header) {
        listener_.counters->bad_starts.add();
      }
      client_ = starting_->machine.client();
      if (step.to_client.empty()) {
        relay_.close();  // nothing to wait for: a denied crowd is not to hold sockets
      } else {
        relay_.cut(farewell);
      }
      return end(step.end, step.why);
  }
}

void Session::admit() {
  count_accepted();
  client_ = starting_->machine.client();
  starting_->asked = loop::boot_now();
  if (host_.is_draining()) return refuse(shutting_down, EndReason::draining);
  admitted_ = true;
  Dispatcher::Answer answer = host_.dispatcher().request(id_, settings().id, client_);
  if (std::holds_alternative<Held>(answer.verdict)) listener_.counters->held.add();
  take(std::move(answer));
}

void Session::take(Dispatcher::Answer answer) {
  if (const Grant* grant = std::get_if<Grant>(&answer.verdict)) return connect(*grant);
  if (const Refusal* refusal = std::get_if<Refusal>(&answer.verdict)) {
    phase_ = Phase::hold;
    return refuse(*refusal, EndReason::turned_away);
  }
  phase_ = Phase::hold;
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
  host_.remember_name(node_, grant.candidate.name);
  wait_ms_ = static_cast<std::uint32_t>(to_ms(now - starting_->asked));
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
    if (const char* words = smell_of(error.kind)) smell(words);
    return retry(cause_of(error.kind), error.message);
  }
  phase_ = Phase::startup;
  relay_.open_server(settings());
  server_port_ = relay_.server_local_address().port();
  carry_out(starting_->machine.server_connected());
}

void Session::on_watched_bytes(Side from, std::span<const std::byte> bytes) {
  SessionStart& machine = starting_->machine;
  if (from == Side::client) return carry_out(machine.client_bytes(bytes));
  const StartStep step = machine.server_bytes(bytes);
  const std::string smelt = machine.take_smell();
  if (!smelt.empty()) smell(smelt == "57P01" ? "57P01" : "57P03");
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
    if (const auto* refused = machine.refused()) return end(refused->end, refused->refusal.message);
    if (reset) return end(EndReason::client_reset);
    return end(machine.client_said_something() ? EndReason::client_closed : EndReason::nothing_sent);
  }
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
  listener_.counters->retried.add();
  phase_ = Phase::hold;
  if (host_.log().enabled(LogLevel::debug)) {
    host_.log().write(LogLevel::debug, "session.retry",
                      {{"id", id_.number}, {"node", host_.name_of(node)}, {"why", why}});
  }
  if (host_.is_draining()) return refuse(shutting_down, EndReason::draining);
  take(host_.dispatcher().retry(id_, node, cause));
}

void Session::refuse(const Refusal& refusal, EndReason reason) {
  leave_admission();
  relay_.drop_server();
  listener_.counters->refused.add();
  carry_out(starting_->machine.refuse(refusal, reason));
}

void Session::forward_cancel() {
  const SessionStart& machine = starting_->machine;
  listener_.counters->cancels.add();
  leave_admission();
  host_.forward_cancel(machine.cancel_request(), machine.proxy_header(), starting_->settings,
                       relay_.release_client(), machine.client());
  relay_.close();
  set_deadline({});
  ended_ = true;  // not a session: no line of its own (the cancel has one)
  host_.retire(*this);
}

void Session::begin_relay() {
  set_deadline({});
  const SessionStart::Identity& names = starting_->machine.identity();
  if (!names.user.empty() || !names.database.empty() || !names.application.empty()) {
    identity_ = pack_identity(names);
  }
  if (starting_->machine.is_started()) {
    relay_.set_mode(Relay::Mode::passing);
    return finish_starting();
  }
  starting_->passing = true;
  relay_.set_mode(Relay::Mode::noted);
  set_deadline_in(tls_starting);
}

void Session::on_noted(Side from) {
  if (from == Side::client) {
    starting_->client_spoke = true;
  } else if (std::exchange(starting_->client_spoke, false) && ++starting_->bursts >= tls_bursts) {
    finish_starting();
  }
}

void Session::finish_starting() {
  relay_.set_mode(Relay::Mode::passing);
  starting_.reset();
  host_.dispatcher().started(id_);
  set_deadline({});
  if (phase_ == Phase::startup) phase_ = Phase::relay;
  if (settings().idle_timeout > 0s) watch_quiet(settings().idle_timeout);
}

// ---- running

void Session::on_half_closed(Side side) {
  if (starting_) finish_starting();
  phase_ = Phase::closing;
  closing_as_ = side == Side::client ? EndReason::client_closed : EndReason::server_closed;
  watch_quiet(settings().fin_timeout);
}

void Session::on_both_closed() {
  end(closing_as_);
}

void Session::on_reset(Side side, std::string_view why) {
  if (side == Side::server && phase_ != Phase::closing) smell("reset");
  if (phase_ == Phase::closing) return end(closing_as_);
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
  listener_.counters->cut.add();
  relay_.cut(farewell);
  end(end_reason_of(line->cause), line->why);
}

void Session::on_deadline() {
  deadline_ = {};
  if (phase_ == Phase::closing) {
    return check_quiet(settings().fin_timeout, closing_as_ == EndReason::client_closed
                                                   ? EndReason::server_fin_timeout
                                                   : EndReason::client_fin_timeout);
  }
  if (!starting_) {
    if (settings().idle_timeout > 0s) check_quiet(settings().idle_timeout, EndReason::idle_timeout);
    return;
  }
  if (starting_->passing) return finish_starting();
  if (const auto* refused = starting_->machine.refused()) {
    relay_.close();
    return end(refused->end, refused->refusal.message);
  }
  listener_.counters->bad_starts.add();
  client_ = starting_->machine.client();
  relay_.cut(farewell);
  end(EndReason::startup_timeout);
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
  relay_.cut(farewell);
  end(reason);
}

void Session::on_drain() {
  if (ended_) return;
  if (phase_ == Phase::hold && admitted_) return refuse(shutting_down, EndReason::draining);
  if (phase_ == Phase::first_packet) end_now(EndReason::draining);
}

void Session::end_now(EndReason reason) {
  if (ended_) return;
  relay_.cut(farewell);
  end(reason);
}

// ---- the end

void Session::leave_admission() {
  if (!std::exchange(admitted_, false)) return;
  host_.dispatcher().ended(id_, node_);
}

void Session::count_accepted() {
  listener_.counters->accepted.add();
}

void Session::smell(const char* words) {
  if (listener_.settings->leads && node_.is_set()) host_.report_smell(node_, words);
}

void Session::set_deadline(TimePoint due) {
  if (due == deadline_) return;
  host_.change_deadline(*this, deadline_, due);
  deadline_ = due;
}

void Session::set_deadline_in(Duration span) {
  set_deadline(loop::boot_now() + span);
}

void Session::end(EndReason reason, std::string_view why) {
  ended_ = true;
  set_deadline({});
  leave_admission();
  if (has_key_) host_.cancel_registry().remove(id_, cancel_pid_);
  if (phase_ == Phase::first_packet) count_accepted();
  const EndedSession line{id_,
                          client_,
                          listener_.settings->name,
                          host_.name_of(node_),
                          relay_.server_address(),
                          server_port_,
                          identity_,
                          loop::boot_now() - born_,
                          wait_ms_,
                          relay_.up_bytes(),
                          relay_.down_bytes(),
                          phase_,
                          reason,
                          why};
  log_session_end(host_.log(), line);
  host_.retire(*this);
}

}  // namespace tamada::router
