#include "common/http/channel.h"

#include <fmt/format.h>

#include <utility>

namespace tamada::http {
namespace {

constexpr Duration linger_timeout = 2s;

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

Channel::Channel(loop::Loop& loop, loop::StreamCallbacks& callbacks)
    : stream_(loop, *this), callbacks_(callbacks) {}

Channel::~Channel() {
  close();
}

void Channel::connect(const Address& peer, Duration timeout, std::unique_ptr<TlsSession> tls) {
  tls_ = std::move(tls);
  stream_.connect(peer, timeout);
}

void Channel::adopt(UniqueFd socket, const Address& peer, std::unique_ptr<TlsSession> tls) {
  tls_ = std::move(tls);
  connected_ = true;
  stream_.adopt(std::move(socket), peer);
  stream_.set_nodelay(true);
  if (tls_ != nullptr) stream_.read_start();
}

void Channel::start_tls(std::unique_ptr<TlsSession> tls, std::string_view received) {
  tls_ = std::move(tls);
  stream_.read_start();
  if (!received.empty()) on_bytes(as_bytes(received));
}

void Channel::read_start() {
  reading_ = true;
  if (!end_told_) stream_.read_start();
}

void Channel::read_stop() {
  reading_ = false;
  if (!is_handshaking()) stream_.read_stop();
}

void Channel::write(std::string_view bytes) {
  if (!stream_.is_open()) return;
  if (tls_ == nullptr) return stream_.write(as_bytes(bytes));
  tls_->write(bytes);
  carry_cipher();
}

void Channel::carry_cipher() {
  const std::string cipher = tls_->take_cipher();
  if (!cipher.empty()) stream_.write(as_bytes(cipher));
}

void Channel::finish(Duration deadline) {
  lifetime_.end();
  if (stream_.is_open() && tls_ != nullptr) {
    tls_->close();
    carry_cipher();
  }
  stream_.finish(deadline);
}

void Channel::close() {
  lifetime_.end();
  stream_.close();
}

void Channel::on_connected(Result<void> result) {
  if (!result) return callbacks_.on_connected(std::move(result));
  connected_ = true;
  stream_.set_nodelay(true);
  if (tls_ == nullptr) return callbacks_.on_connected({});
  stream_.read_start();
  tls_->start();
  carry_cipher();
}

void Channel::on_bytes(std::span<const std::byte> bytes) {
  if (tls_ == nullptr) return callbacks_.on_bytes(bytes);
  const loop::Lifetime::Watch watch(lifetime_);
  const auto received =
      tls_->receive(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  carry_cipher();
  if (tls_->handshake_done() && !handshake_told_) {
    handshake_told_ = true;
    callbacks_.on_connected({});
    if (watch.is_over()) return;
  }
  // Told even if reading was stopped meanwhile: what is decrypted cannot go back to the kernel.
  const std::string plain = tls_->take_plain();
  if (!plain.empty()) {
    callbacks_.on_bytes(as_bytes(plain));
    if (watch.is_over()) return;
  }
  if (!received) return fail_tls(received.error());
  if (tls_->peer_closed() && !end_told_) {
    end_told_ = true;
    stream_.read_stop();
    return callbacks_.on_end();
  }
  if (handshake_told_ && !reading_) stream_.read_stop();
}

void Channel::fail_tls(const Error& why) {
  const Error error{why.kind, fmt::format("TLS with {}: {}", peer_address().to_string(), why.message)};
  // Our alert tells the peer the reason; it must arrive.
  stream_.finish(linger_timeout);
  if (handshake_told_) return callbacks_.on_closed(error);
  callbacks_.on_connected(tl::make_unexpected(error));
}

void Channel::on_end() {
  if (is_handshaking())
    return fail_tls({ErrorKind::closed, "the peer closed the connection during the handshake"});
  if (end_told_) return;
  end_told_ = true;
  callbacks_.on_end();
}

void Channel::on_drained() {
  if (!is_handshaking()) callbacks_.on_drained();
}

void Channel::on_closed(const Error& why) {
  if (!is_handshaking()) return callbacks_.on_closed(why);
  callbacks_.on_connected(fail(why.kind, fmt::format("TLS handshake: {}", why.message)));
}

}  // namespace tamada::http
