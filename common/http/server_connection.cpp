#include "common/http/server_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/http/server_connections.h"
#include "common/loop/clock.h"

namespace tamada::http {
namespace {

constexpr Duration linger_timeout = 2s;
// A client that sends on while it gets a stream: nobody pipelines that much behind an answer without end.
constexpr std::size_t max_unparsed = std::size_t{64} * 1024;

}  // namespace

ServerConnection::ServerConnection(ServerConnections& owner, std::uint64_t id)
    : owner_(owner),
      id_(id),
      channel_(owner.loop(), *this),
      timer_(owner.loop(), [this] { on_timeout(); }),
      parser_(owner.options().limits) {}

void ServerConnection::start(UniqueFd socket, const Address& peer, std::unique_ptr<TlsSession> tls) {
  client_ = peer;
  const auto& from = owner_.options().proxy_from;
  const bool expected =
      std::any_of(from.begin(), from.end(), [&](const Network& net) { return net.contains(peer); });
  preface_.emplace(peer, expected, owner_.options().proxy_setting);
  tls_to_come_ = std::move(tls);
  channel_.adopt(std::move(socket), peer, nullptr);
  channel_.read_start();
  // The first request has no idle time to use up: who connects has something to ask.
  enter(Phase::idle, owner_.options().header_timeout);
}

// --- what the client sends

void ServerConnection::on_connected(Result<void> result) {
  // Only with TLS: the handshake has ended, the bytes follow by themselves. A failed one has closed.
  if (!result) leave();
}

void ServerConnection::on_bytes(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (preface_) return take_preface(text);
  take_bytes(text);
}

void ServerConnection::take_preface(std::string_view bytes) {
  const ProxyPreface::State state = preface_->feed(bytes);
  if (state == ProxyPreface::State::need_more) return;
  const ProxyPreface preface = *std::exchange(preface_, std::nullopt);
  client_ = preface.client();
  if (state == ProxyPreface::State::refused) {
    if (tls_to_come_ == nullptr) return refuse(400, preface.words());
    ++owner_.counters().bad;  // nobody who waits for TLS could read an answer
    return leave();
  }
  if (tls_to_come_ != nullptr) return channel_.start_tls(std::move(tls_to_come_), preface.rest());
  if (!preface.rest().empty()) take_bytes(preface.rest());
}

void ServerConnection::take_bytes(std::string_view bytes) {
  owner_.counters().in_bytes += bytes.size();
  unparsed_.append(bytes);
  if (phase_ == Phase::streaming && unparsed_.size() > max_unparsed) return leave();
  process();
}

void ServerConnection::on_end() {
  client_ended_ = true;
  // With an answer under way the client may have closed only its own side; it still gets it. A stream would
  // never notice otherwise that nobody is there.
  if (phase_ != Phase::answering && phase_ != Phase::draining) leave();
}

void ServerConnection::on_closed(const Error&) {
  leave();
}

void ServerConnection::process() {
  // One loop, so that many requests sent together do not become as deep a recursion.
  if (processing_) return;
  processing_ = true;
  while (phase_ <= Phase::body && !unparsed_.empty()) {
    unparsed_.erase(0, parser_.feed(unparsed_));
    if (parser_.progress() == Progress::failed) {
      refuse(parser_.fault_status(), parser_.fault_words());
    } else if (parser_.progress() == Progress::complete) {
      hand_over(parser_.take());
    } else {
      note_progress_of_request();
    }
  }
  processing_ = false;
  if (phase_ == Phase::closed) return;
  if (phase_ == Phase::answering || phase_ == Phase::draining) {
    channel_.read_stop();
  } else {
    channel_.read_start();
  }
}

void ServerConnection::note_progress_of_request() {
  if (phase_ == Phase::idle && parser_.begun()) enter(Phase::head, owner_.options().header_timeout);
  if (phase_ == Phase::body || !parser_.head_complete()) return;
  enter(Phase::body, owner_.options().body_timeout);
  if (parser_.expects_unknown()) return refuse(417, "only 100-continue may be expected");
  if (parser_.expects_continue()) write_out("HTTP/1.1 100 Continue\r\n\r\n");
}

void ServerConnection::hand_over(Request request) {
  ++exchange_;
  ++owner_.counters().requests;
  owner_.counters().request_rate.add(loop::boot_now());
  keep_alive_ = request.keep_alive;
  to_head_ = request.method == "HEAD";
  chunked_ = request.minor_version >= 1;
  enter(Phase::answering, 0s);
  const Peer peer{client_, channel_.peer_subject(), channel_.peer_certificate()};
  owner_.handler()(std::move(request), peer, Responder(owner_.weak_from_this(), id_, exchange_));
}

// --- what it is answered

void ServerConnection::send(const KeptResponse& response) {
  assert(phase_ == Phase::answering);
  count_answer(response.status());
  if (client_ended_) keep_alive_ = false;
  if (keep_alive_ && !to_head_) {
    write_out(response.bytes());
  } else {
    write_out(response.bytes(keep_alive_, !to_head_));
  }
  answer_done();
}

void ServerConnection::send_status_line(int status) {
  assert(phase_ == Phase::answering);
  count_answer(status);
  // An answer to HEAD ends with its head; chunked_: the client speaks HTTP/1.1, which keeps open what nobody closes.
  if (client_ended_ || !to_head_ || !chunked_) keep_alive_ = false;
  write_out(status_line(status, keep_alive_ ? 1 : 0) + "\r\n");
  answer_done();
}

void ServerConnection::begin_stream(int status, const Headers& given) {
  assert(phase_ == Phase::answering);
  count_answer(status);
  // A client whose side is closed would never be seen to go.
  if (!chunked_ || client_ended_) keep_alive_ = false;
  Headers headers = given;
  if (chunked_) headers.add("Transfer-Encoding", "chunked");
  headers.add("Connection", keep_alive_ ? "keep-alive" : "close");
  enter(Phase::streaming, 0s);
  write_out(response_head(status, headers));
  if (to_head_ || !may_have_body(status)) return answer_done();
  // From now on to learn that the client has gone.
  if (!processing_) channel_.read_start();
}

bool ServerConnection::stream_write(std::string_view bytes) {
  assert(phase_ == Phase::streaming);
  if (bytes.empty()) return true;
  write_out(chunked_ ? chunk_bytes(bytes) : std::string(bytes));
  if (channel_.queued() > owner_.options().max_stream_queue) {
    channel_.close();
    leave();
    return false;
  }
  if (channel_.queued() > 0 && !timer_.is_active()) timer_.start(owner_.options().write_timeout);
  return true;
}

void ServerConnection::end_stream() {
  assert(phase_ == Phase::streaming);
  if (chunked_) write_out(last_chunk);
  answer_done();
}

void ServerConnection::answer_done() {
  if (!keep_alive_) return leave();
  // The next request waits until this answer is on its way: a client that only sends piles up nothing.
  if (channel_.queued() > 0) return enter(Phase::draining, owner_.options().write_timeout);
  enter(Phase::idle, owner_.options().idle_timeout);
  process();
}

void ServerConnection::on_drained() {
  if (phase_ == Phase::streaming) timer_.stop();
  if (phase_ == Phase::draining) answer_done();
}

void ServerConnection::refuse(int status, std::string_view words) {
  ++owner_.counters().bad;
  count_answer(status);
  write_out(KeptResponse(owner_.own_answer(status, words)).bytes(false, true));
  leave();
}

// --- limits and the end

void ServerConnection::on_timeout() {
  const auto& options = owner_.options();
  switch (phase_) {
    case Phase::head:
      return refuse(
          408, fmt::format("the request's head did not come within {} ms", to_ms(options.header_timeout)));
    case Phase::body:
      return refuse(408,
                    fmt::format("the request's body did not come within {} ms", to_ms(options.body_timeout)));
    case Phase::streaming:
    case Phase::draining:
      // It does not read: what is queued would never leave.
      channel_.close();
      return leave();
    case Phase::idle:
    case Phase::answering:
    case Phase::closed:
      return leave();
  }
}

void ServerConnection::write_out(std::string_view bytes) {
  owner_.counters().out_bytes += bytes.size();
  channel_.write(bytes);
}

void ServerConnection::count_answer(int status) {
  if (status == 401 || status == 403 || status == 429) ++owner_.counters().denied;
  auto& answers = owner_.counters().answers;
  ++answers[std::min(static_cast<std::size_t>(status) / 100, answers.size() - 1)];
}

void ServerConnection::enter(Phase phase, Duration limit) {
  phase_ = phase;
  since_ = loop::boot_now();
  if (limit > 0s) {
    timer_.start(limit);
  } else {
    timer_.stop();
  }
}

void ServerConnection::leave() {
  if (phase_ == Phase::closed) return;
  // A big last answer has its time to be read; everything else is gone at once.
  channel_.finish(channel_.queued() > 0 ? owner_.options().write_timeout : linger_timeout);
  enter(Phase::closed, 0s);
  owner_.retire(id_);
}

}  // namespace tamada::http
