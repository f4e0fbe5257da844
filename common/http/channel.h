// Channel: one connection, plain or TLS, with the verbs and the promises of loop::TcpStream. Used once.
//
// After close()/finish() or destruction returns, no callback of this object runs again; all may be called
// from inside one of its callbacks. Loop thread only; Loop and callbacks must outlive it.
//
// With TLS: on_connected() comes once the handshake is done (also for adopted sockets, which is the server's
// side); on_bytes() hands on plain text; a refused handshake answers through on_connected(), later trouble
// through on_closed(), with the peer's address and OpenSSL's reason in the words. A FIN without close_notify
// counts as the end of the bytes: many servers leave it out. Who must tell a cut from an end looks at the
// length that HTTP carries.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/address.h"
#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/http/tls_session.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "common/loop/stream_callbacks.h"
#include "common/loop/tcp_stream.h"

namespace tamada::http {

class Channel final : private loop::StreamCallbacks {
 public:
  Channel(loop::Loop& loop, loop::StreamCallbacks& callbacks);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // `tls`: null for plain. `timeout` covers the TCP connection only; the owner's deadline covers the
  // handshake.
  void connect(const Address& peer, Duration timeout, std::unique_ptr<TlsSession> tls);
  void adopt(UniqueFd socket, const Address& peer, std::unique_ptr<TlsSession> tls);
  // What was adopted plain goes on behind TLS; `received`: what has come of it already. The server's side
  // only.
  void start_tls(std::unique_ptr<TlsSession> tls, std::string_view received);

  // With TLS, what had been decrypted when reading was stopped is still handed on.
  void read_start();
  void read_stop();
  // Everything: what the kernel does not take now is kept. During the handshake it waits for it.
  void write(std::string_view bytes);
  // Bytes (of ciphertext, with TLS) that the kernel has not taken yet.
  [[nodiscard]] std::size_t queued() const { return stream_.queued(); }

  // Sends what is queued, says good-bye (close_notify, FIN), waits a moment for the peer's FIN.
  void finish(Duration deadline);
  void close();

  [[nodiscard]] bool is_connecting() const { return stream_.is_connecting(); }
  // Also of one that failed: the connection stood, and TLS did not yet.
  [[nodiscard]] bool is_handshaking() const {
    return connected_ && tls_ != nullptr && !tls_->handshake_done();
  }
  [[nodiscard]] bool is_open() const { return stream_.is_open(); }
  [[nodiscard]] const Address& peer_address() const { return stream_.peer_address(); }
  // Also after the end: the peer asked for a certificate that we do not have.
  [[nodiscard]] bool lacks_certificate() const { return tls_ != nullptr && tls_->lacks_certificate(); }
  [[nodiscard]] PeerCertificate peer_certificate() const {
    return tls_ == nullptr ? PeerCertificate::no_tls : tls_->peer_certificate();
  }
  [[nodiscard]] std::string peer_subject() const { return tls_ == nullptr ? "" : tls_->peer_subject(); }

 private:
  void on_connected(Result<void> result) override;
  void on_bytes(std::span<const std::byte> bytes) override;
  void on_end() override;
  void on_drained() override;
  void on_closed(const Error& why) override;

  void carry_cipher();
  void fail_tls(const Error& why);

  loop::TcpStream stream_;
  loop::StreamCallbacks& callbacks_;
  std::unique_ptr<TlsSession> tls_;
  loop::Lifetime lifetime_;
  bool connected_ = false;
  bool handshake_told_ = false;
  bool end_told_ = false;
  bool reading_ = false;  // what the owner wants; the handshake reads by itself
};

}  // namespace tamada::http
