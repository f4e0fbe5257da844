#include "router/session/rules/session_start.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/base/proxy_protocol.h"
#include "common/postgres/error_response.h"

namespace tamada::router {

namespace {

bool any_contains(const std::vector<Network>& networks, const Address& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

std::string cut_name(std::optional<std::string_view> text) {
  return std::string(text.value_or(std::string_view{}).substr(0, SessionStart::name_max));
}

StartStep next_is(StartNext next) {
  StartStep step;
  step.next = next;
  return step;
}

}  // namespace

bool ClientRules::admits(const Address& client) const {
  if (any_contains(deny, client)) return false;
  return allow.empty() || any_contains(allow, client);
}

bool ClientRules::expects_proxy_header(const Address& peer) const {
  return any_contains(proxy_from, peer);
}

SessionStart::SessionStart(const ClientRules& rules, const Address& peer, const Address& local)
    : rules_(rules), client_(peer), local_(local), awaits_proxy_header_(rules.expects_proxy_header(peer)) {}

StartStep SessionStart::begin() {
  if (!awaits_proxy_header_ && !rules_.admits(client_)) {
    StartStep step = next_is(StartNext::end);
    step.end = EndReason::denied;
    step.why = "the client's address is not allowed on this listener";
    return step;
  }
  return next_is(StartNext::wait_client);
}

StartStep SessionStart::client_bytes(Bytes bytes) {
  said_something_ = true;
  if (request_ != Request::none) return more_ahead(bytes);
  received_ += as_text(bytes);
  if (awaits_proxy_header_) return read_proxy_header();
  return read_packet();
}

StartStep SessionStart::read_proxy_header() {
  const auto parsed = parse_proxy_header(as_bytes(received_));
  if (std::holds_alternative<NeedMore>(parsed)) return next_is(StartNext::wait_client);
  if (const Error* error = std::get_if<Error>(&parsed)) {
    StartStep step = bad({}, error->message);
    step.end = EndReason::bad_proxy_header;
    return step;
  }
  const auto& header = std::get<ProxyHeader>(parsed);
  awaits_proxy_header_ = false;
  if (header.source.is_set()) {
    client_ = header.source;
    local_ = header.destination;
  }
  received_.erase(0, header.size);
  StartStep step = begin();
  if (step.next == StartNext::end || received_.empty()) return step;
  return read_packet();
}

StartStep SessionStart::read_packet() {
  const auto parsed = postgres::parse_first_packet(as_bytes(received_));
  if (std::holds_alternative<NeedMore>(parsed)) return next_is(StartNext::wait_client);
  if (const Error* error = std::get_if<Error>(&parsed)) {
    return bad(postgres::refusal_of(as_bytes(received_), *error), error->message);
  }
  const auto& packet = std::get<postgres::FirstPacket>(parsed);
  if (packet.get<postgres::StartupMessage>() != nullptr) return take_startup(packet);
  if (const auto* cancel = packet.get<postgres::CancelRequest>()) {
    cancel_ = *cancel;
    return next_is(StartNext::cancel);
  }
  if (packet.get<postgres::DirectTls>() != nullptr) {
    outstanding_ = std::exchange(received_, {});
    return request_server(Request::direct_tls);
  }
  // SSLRequest or GSSENCRequest: each once (ProcessStartupPacket() of PostgreSQL takes no second one either).
  bool& asked = packet.get<postgres::SslRequest>() != nullptr ? asked_ssl_ : asked_gss_;
  if (std::exchange(asked, true)) {
    constexpr const char* words = "the client asked for the same encryption twice";
    return bad(postgres::build_fatal("08P01", words), words);
  }
  // Plain bytes behind it before it is answered would be taken for encrypted
  // ones by whoever answers (CVE-2021-23214), and no client sends any.
  if (received_.size() > packet.size) {
    constexpr const char* words = "the client sent more bytes after an encryption request without waiting";
    return bad(postgres::build_fatal("08P01", words), words);
  }
  outstanding_ = std::exchange(received_, {});
  return request_server(Request::encryption);
}

StartStep SessionStart::take_startup(const postgres::FirstPacket& packet) {
  const auto& message = *packet.get<postgres::StartupMessage>();
  identity_ = Identity{cut_name(message.parameter("user")), cut_name(message.database()),
                       cut_name(message.parameter("application_name"))};
  outstanding_ = std::exchange(received_, {});
  answers_.feed(as_bytes(outstanding_).subspan(packet.size));
  bound_ = outstanding_.size() > packet.size + ahead_max;
  return request_server(Request::startup);
}

StartStep SessionStart::request_server(Request request) {
  request_ = request;
  if (refused_) return tell_refusal();
  if (!asked_) {
    asked_ = true;
    return next_is(StartNext::admit);
  }
  StartStep step = next_is(StartNext::wait_server);
  if (connected_) step.to_server = outstanding_;
  return step;
}

// Bytes from the client while its request is not answered: pipelined after a StartupMessage, the rest of a
// ClientHello, or a mistake.
StartStep SessionStart::more_ahead(Bytes bytes) {
  const bool too_much = outstanding_.size() + bytes.size() > ahead_max + postgres::startup_packet_max;
  if (request_ == Request::encryption || (too_much && !connected_)) {
    const char* words = request_ == Request::encryption
                            ? "the client sent more bytes after an encryption request without waiting"
                            : "the client sends on and on without waiting for an answer";
    return bad(request_ == Request::direct_tls ? std::string{} : postgres::build_fatal("08P01", words),
               words);
  }
  if (request_ == Request::startup) answers_.feed(bytes);
  StartStep step = next_is(StartNext::wait_server);
  if (connected_) step.to_server = as_text(bytes);
  if (too_much) {
    bound_ = true;
  } else {
    outstanding_ += as_text(bytes);
  }
  return step;
}

StartStep SessionStart::server_connected() {
  assert(asked_ && !connected_);
  connected_ = true;
  StartStep step = next_is(request_ == Request::none ? StartNext::wait_client : StartNext::wait_server);
  step.to_server = proxy_header() + outstanding_;
  return step;
}

StartStep SessionStart::server_bytes(Bytes bytes) {
  assert(connected_ && !bytes.empty());
  switch (request_) {
    case Request::encryption:
      // After the first byte of an old-form error the scanner has the word.
      if (held_back_.empty()) return encryption_answer(bytes);
      return startup_answer(bytes);
    case Request::direct_tls:
      return pass(bytes, StartNext::relay);
    case Request::none:  // unasked, before the StartupMessage: its own time limit, or a shutdown
    case Request::startup:
      return startup_answer(bytes);
  }
  return pass(bytes, StartNext::relay);
}

StartStep SessionStart::encryption_answer(Bytes bytes) {
  switch (postgres::classify_encryption_answer(bytes[0])) {
    case postgres::EncryptionAnswer::refused: {
      const Bytes rest = bytes.subspan(1);
      // Only an error may follow unasked; anything else is for the client to judge.
      if (!rest.empty() && rest[0] != std::byte{'E'}) return pass(bytes, StartNext::relay);
      request_ = Request::none;
      outstanding_.clear();
      StartStep step = rest.empty() ? next_is(StartNext::wait_client) : startup_answer(rest);
      step.to_client.insert(0, "N");
      return step;
    }
    case postgres::EncryptionAnswer::error:
      return startup_answer(bytes);
    case postgres::EncryptionAnswer::tls:
    case postgres::EncryptionAnswer::gss:
    case postgres::EncryptionAnswer::garbage:
      break;
  }
  return pass(bytes, StartNext::relay);
}

StartStep SessionStart::startup_answer(Bytes bytes) {
  (void)scanner_.feed(bytes);
  using State = postgres::StartupReplyScanner::State;
  const State state = scanner_.state();
  const bool retryable = state == State::error && postgres::is_retryable(scanner_.error().sqlstate);
  if (retryable && !scanner_.authenticated()) {
    const bool stops = scanner_.error().sqlstate == postgres::admin_shutdown;
    hint_ = stops ? SessionHint::Kind::shutting_down : SessionHint::Kind::starting_up;
  }
  if (!bytes_seen_ && !bound_) {
    if (state == State::in_error && !scanner_.server_talked()) {
      held_back_ += as_text(bytes);
      return next_is(StartNext::wait_server);
    }
    // Also behind an AuthenticationOk in the same burst: PostgreSQL sends that one together with what
    // follows, and nothing of the client is carried out before ReadyForQuery.
    if (retryable) {
      const postgres::ErrorResponse& error = scanner_.error();
      return server_lost(RetryCause::not_ready,
                         "the server said " + error.sqlstate + " \"" + printable(error.message, 200) + "\"");
    }
  }
  if (state == State::waiting || state == State::in_error) return pass(bytes, StartNext::wait_server);
  started_ = true;
  return pass(bytes, StartNext::relay);
}

StartStep SessionStart::pass(Bytes bytes, StartNext next) {
  StartStep step = next_is(next);
  step.to_client = std::exchange(held_back_, {});
  step.to_client += as_text(bytes);
  bytes_seen_ = true;
  return step;
}

bool SessionStart::client_owes() const {
  if (request_ == Request::none) return true;
  // Answers that came ahead of their question are the server's to deal with. After AuthenticationOk all is.
  return request_ == Request::startup && !scanner_.authenticated() && scanner_.questions() > answers_.count();
}

bool SessionStart::can_retry() const {
  return asked_ && !bytes_seen_ && !bound_ && !refused_;
}

StartStep SessionStart::server_lost(RetryCause cause, std::string why) {
  assert(can_retry());
  connected_ = false;
  held_back_.clear();
  scanner_ = postgres::StartupReplyScanner();
  StartStep step = next_is(StartNext::retry);
  step.cause = cause;
  step.why = std::move(why);
  return step;
}

StartStep SessionStart::refuse(const Refusal& refusal, EndReason end) {
  connected_ = false;
  refused_ = Refused{refusal, end};
  return tell_refusal();
}

StartStep SessionStart::give_up() const {
  if (refused_) {
    StartStep step = next_is(StartNext::end);
    step.end = refused_->end;
    step.why = refused_->refusal.message;
    return step;
  }
  // What PostgreSQL itself says when its authentication_timeout is over; before the StartupMessage it says
  // nothing.
  StartStep step = bad({}, {});
  step.end = EndReason::startup_timeout;
  if (request_ == Request::startup) {
    step.to_client = postgres::build_fatal("57014", "the client did not answer the server in time");
  }
  return step;
}

StartStep SessionStart::tell_refusal() {
  const Refusal& refusal = refused_->refusal;
  StartStep step = next_is(StartNext::end);
  step.end = refused_->end;
  step.why = refusal.message;
  switch (request_) {
    case Request::startup:
      step.to_client = postgres::build_fatal(refusal.sqlstate, refusal.message, {}, refusal.hint);
      break;
    case Request::encryption:
      step.to_client = "N";
      [[fallthrough]];
    case Request::none:
      request_ = Request::none;
      outstanding_.clear();
      step.next = StartNext::wait_client;
      break;
    case Request::direct_tls:
      break;  // it would not understand; the reason stands in the log
  }
  return step;
}

StartStep SessionStart::bad(std::string to_client, std::string why) const {
  StartStep step = next_is(StartNext::end);
  step.end = EndReason::bad_start;
  step.to_client = std::move(to_client);
  step.why = std::move(why);
  return step;
}

std::string SessionStart::proxy_header() const {
  return rules_.send_proxy ? build_proxy_v2(client_, local_) : std::string{};
}

std::optional<postgres::CancelRequest> SessionStart::take_key() {
  return scanner_.take_key();
}

std::optional<SessionHint::Kind> SessionStart::take_hint() {
  return std::exchange(hint_, std::nullopt);
}

}  // namespace tamada::router
