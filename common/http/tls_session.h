// TlsSession: TLS of one connection between memory and memory; whoever owns it carries the bytes. No sockets.
//
//   network -> receive() -> take_plain()        write() -> take_cipher() -> network
//
// After every receive(), write() and close() take_cipher() must be carried to the peer, also after an error:
// it then holds the alert that tells the peer why. An error ends the session; nothing but take_cipher() may
// be called afterwards.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

struct ssl_st;
struct ssl_ctx_st;
struct x509_store_ctx_st;

namespace tamada::http {

struct SslDeleter {
  void operator()(ssl_st* ssl) const noexcept;
  void operator()(ssl_ctx_st* context) const noexcept;
};
using SslPtr = std::unique_ptr<ssl_st, SslDeleter>;
using SslContextPtr = std::unique_ptr<ssl_ctx_st, SslDeleter>;

// Whether the other side of a connection has shown who it is.
enum class PeerCertificate {
  no_tls,     // the connection is plain
  not_shown,  // none was asked for, or the peer had none
  verified,   // shown, and signed by an authority that is trusted here
};

class TlsSession {
 public:
  // `ssl`: fresh, with its side (client or server) chosen; `expected_name`: for words only, may be empty.
  TlsSession(SslPtr ssl, std::string expected_name);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // A client begins with its hello; a server does nothing.
  void start();

  // Bytes of the peer. Errors: denied (a certificate was refused, ours by the peer or the peer's by us; told
  // plainly when its names do not fit), invalid (no TLS, or broken), reset-like alerts as OpenSSL words them.
  Result<void> receive(std::string_view cipher);
  // What the peer said since the last call, decrypted.
  [[nodiscard]] std::string take_plain() { return std::exchange(plain_, {}); }

  // May be called before the handshake is done; the bytes wait for it.
  void write(std::string_view plain);
  // close_notify: we send nothing more.
  void close();
  // What must go to the peer now.
  [[nodiscard]] std::string take_cipher();

  [[nodiscard]] bool handshake_done() const { return handshake_done_; }
  // The peer said close_notify: its bytes are complete.
  [[nodiscard]] bool peer_closed() const { return peer_closed_; }
  // After the handshake; never no_tls.
  [[nodiscard]] PeerCertificate peer_certificate() const;
  // The subject of the peer's verified certificate, e.g. "CN=admin"; empty if it showed none, or one
  // without a subject.
  [[nodiscard]] std::string peer_subject() const;

  // A client's side: the peer asked for a certificate, and we had none to show. A peer that closes without an
  // answer may have done so for want of it.
  [[nodiscard]] bool lacks_certificate() const { return lacks_certificate_; }

  // For TlsContext: notes that the peer asks for a certificate. OpenSSL's certificate callback.
  static int on_certificate_wanted(ssl_st* ssl, void* unused) noexcept;
  // For TlsContext: remembers why a certificate was refused. OpenSSL's verify callback.
  static int on_verify(int ok, x509_store_ctx_st* store) noexcept;

 private:
  Result<void> advance();
  [[nodiscard]] Error describe_failure();

  SslPtr ssl_;
  std::string expected_name_;
  std::string verify_words_;
  std::string plain_;
  std::string unsent_;  // written before the handshake was done
  bool lacks_certificate_ = false;
  bool handshake_done_ = false;
  bool peer_closed_ = false;
  bool failed_ = false;
};

}  // namespace tamada::http
