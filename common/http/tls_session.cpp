#include "common/http/tls_session.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cassert>
#include <utility>
#include <vector>

namespace tamada::http {
namespace {

// The names (and addresses) a certificate is for, as a person reads them.
std::string names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* list =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      const int length = ASN1_STRING_length(name->d.iPAddress);
      std::array<char, INET6_ADDRSTRLEN> text{};
      if (inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), text.data(),
                    text.size()) != nullptr) {
        names.emplace_back(text.data());
      }
    }
  }
  GENERAL_NAMES_free(list);
  if (names.empty()) {
    std::array<char, 256> common_name{};
    if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common_name.data(),
                                  static_cast<int>(common_name.size())) > 0) {
      names.emplace_back(common_name.data());
    }
  }
  if (names.empty()) return "nobody";
  return fmt::format(
      "{}", fmt::join(names.begin(), names.begin() + std::min<std::ptrdiff_t>(8, std::ssize(names)), ", "));
}

// A certificate's bytes are the peer's: nothing but printable ASCII goes into a log.
std::string printable(std::string text) {
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return text;
}

// What OpenSSL says about an alert or a handshake, and what it means in most cases.
struct Hint {
  int reason;
  ErrorKind kind;
  const char* words;
};
constexpr std::array hints{
    Hint{SSL_R_WRONG_VERSION_NUMBER, ErrorKind::invalid, "the peer does not speak TLS"},
    Hint{SSL_R_HTTP_REQUEST, ErrorKind::invalid, "the peer speaks plain HTTP, not TLS"},
    Hint{SSL_R_UNSUPPORTED_PROTOCOL, ErrorKind::invalid, "the peer offers no TLS version from 1.2 on"},
    Hint{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, ErrorKind::invalid, "the peer refuses our TLS versions"},
    Hint{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, ErrorKind::denied, "the peer wants a certificate of ours"},
    Hint{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, ErrorKind::denied, "the client showed no certificate"},
    Hint{SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, ErrorKind::denied,
         "the peer refuses the handshake, perhaps for want of a certificate of ours"},
    Hint{SSL_R_TLSV1_ALERT_UNKNOWN_CA, ErrorKind::denied,
         "the peer does not trust our certificate's authority"},
    Hint{SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, ErrorKind::denied, "the peer refuses our certificate"},
    Hint{SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, ErrorKind::denied,
         "the peer says our certificate has expired"},
    Hint{SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, ErrorKind::denied, "the peer refuses our certificate"},
    Hint{SSL_R_TLSV1_ALERT_DECRYPT_ERROR, ErrorKind::denied, "the peer refuses our certificate's signature"},
    Hint{SSL_R_TLSV1_UNRECOGNIZED_NAME, ErrorKind::denied, "the peer does not serve this name"},
};

}  // namespace

void SslDeleter::operator()(ssl_st* ssl) const noexcept {
  SSL_free(ssl);
}
void SslDeleter::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

TlsSession::TlsSession(SslPtr ssl, std::string expected_name)
    : ssl_(std::move(ssl)), expected_name_(std::move(expected_name)) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_app_data(ssl_.get(), this);
}

TlsSession::~TlsSession() = default;

void TlsSession::start() {
  // A client's first step only writes its hello and then wants to read.
  if (SSL_is_server(ssl_.get()) == 0) (void)advance();
}

Result<void> TlsSession::receive(std::string_view cipher) {
  assert(!failed_);
  // A memory BIO takes everything.
  BIO_write(SSL_get_rbio(ssl_.get()), cipher.data(), static_cast<int>(cipher.size()));
  return advance();
}

Result<void> TlsSession::advance() {
  ERR_clear_error();
  if (!handshake_done_) {
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
      if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return {};
      return tl::make_unexpected(describe_failure());
    }
    handshake_done_ = true;
    if (!unsent_.empty()) write(std::exchange(unsent_, {}));
  }
  std::array<char, 16 * 1024> part;
  while (!peer_closed_) {
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), part.data(), part.size(), &got);
    if (result == 1) {
      plain_.append(part.data(), got);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) break;
    if (error != SSL_ERROR_ZERO_RETURN) return tl::make_unexpected(describe_failure());
    peer_closed_ = true;
  }
  return {};
}

void TlsSession::write(std::string_view plain) {
  if (failed_ || plain.empty()) return;
  if (!handshake_done_) {
    unsent_ += plain;
    return;
  }
  ERR_clear_error();
  std::size_t written = 0;
  [[maybe_unused]] const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written);
  // With memory behind it and the handshake done, OpenSSL takes everything at once.
  assert(result == 1 && written == plain.size());
}

void TlsSession::close() {
  if (failed_ || !handshake_done_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::string TlsSession::take_cipher() {
  BIO* out = SSL_get_wbio(ssl_.get());
  std::string bytes(BIO_ctrl_pending(out), '\0');
  if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

PeerCertificate TlsSession::peer_certificate() const {
  // SSL_get_verify_result(3) says X509_V_OK as well where no certificate was shown.
  const bool shown = SSL_get0_peer_certificate(ssl_.get()) != nullptr;
  const bool verified = shown && SSL_get_verify_result(ssl_.get()) == X509_V_OK;
  return verified ? PeerCertificate::verified : PeerCertificate::not_shown;
}

std::string TlsSession::peer_subject() const {
  if (peer_certificate() != PeerCertificate::verified) return {};
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  BIO* text = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  std::string subject(BIO_ctrl_pending(text), '\0');
  if (!subject.empty()) BIO_read(text, subject.data(), static_cast<int>(subject.size()));
  BIO_free(text);
  return subject;
}

// SSL_CTX_set_cert_cb(3): a client's is called when the server has sent a CertificateRequest.
int TlsSession::on_certificate_wanted(SSL* ssl, void* /*unused*/) noexcept {
  auto* me = static_cast<TlsSession*>(SSL_get_app_data(ssl));
  me->lacks_certificate_ = SSL_get_certificate(ssl) == nullptr;
  return 1;  // go on, without one if there is none
}

int TlsSession::on_verify(int ok, X509_STORE_CTX* store) noexcept {
  if (ok == 1) return 1;
  const auto* ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* me = static_cast<TlsSession*>(SSL_get_app_data(ssl));
  const int error = X509_STORE_CTX_get_error(store);
  X509* certificate = X509_STORE_CTX_get_current_cert(store);
  if ((error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) &&
      certificate != nullptr) {
    me->verify_words_ = fmt::format("its certificate is for {}, not for {}", printable(names_of(certificate)),
                                    me->expected_name_);
  } else if (me->verify_words_.empty()) {
    me->verify_words_ = fmt::format("its certificate is refused: {}", X509_verify_cert_error_string(error));
  }
  return 0;
}

Error TlsSession::describe_failure() {
  failed_ = true;
  const unsigned long code = ERR_get_error();  // the first one is the cause
  ERR_clear_error();
  if (!verify_words_.empty()) return {ErrorKind::denied, verify_words_};
  if (code == 0) return {ErrorKind::closed, "the peer ended the connection without a word of TLS"};
  const char* reason = ERR_reason_error_string(code);
  const std::string words = reason != nullptr ? reason : fmt::format("error {:#x}", code);
  for (const Hint& hint : hints) {
    if (ERR_GET_REASON(code) == hint.reason) return {hint.kind, fmt::format("{} ({})", hint.words, words)};
  }
  return {ErrorKind::invalid, words};
}

}  // namespace tamada::http
