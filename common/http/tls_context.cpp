#include "common/http/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/address.h"

namespace tamada::http {

// What tells one state of a file from another; all zero if it is not there.
struct TlsContext::Stamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  long long modified_ns = 0;
  bool operator==(const Stamp&) const = default;
};

namespace {

std::string last_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  // OpenSSL passes on errno as a "system" error.
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("error {:#x}", code);
}

struct KeyPassword {
  const std::string& password;  // empty: none is known
  bool asked = false;
};

// OpenSSL would otherwise ask for the key's password on the terminal, and the loop would stand still.
int tell_password(char* buffer, int size, int, void* data) noexcept {
  auto& key = *static_cast<KeyPassword*>(data);
  key.asked = true;
  if (key.password.empty() || key.password.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(key.password.begin(), key.password.end(), buffer);
  return static_cast<int>(key.password.size());
}

// What a PEM file holds, by the names of its parts: "CERTIFICATE, PRIVATE KEY".
std::string parts_of(const std::string& file) {
  std::string parts;
  BIO* bio = BIO_new_file(file.c_str(), "r");
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  constexpr std::size_t enough = 200;
  while (bio != nullptr && parts.size() < enough && PEM_read_bio(bio, &name, &header, &data, &size) == 1) {
    parts += (parts.empty() ? "" : ", ") + std::string(name);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  BIO_free(bio);
  ERR_clear_error();
  return parts.empty() ? "no PEM" : parts;
}

// The file was read, and holds nothing of what is wanted there.
tl::unexpected<Error> holds_no(std::string_view what, const std::string& file, std::string_view wanted) {
  const std::string why = last_reason();
  struct stat status {};
  if (stat(file.c_str(), &status) != 0 || access(file.c_str(), R_OK) != 0) {
    return fail(ErrorKind::invalid, fmt::format("cannot read {} {}: {}", what, file, why));
  }
  if (status.st_size == 0) {
    return fail(ErrorKind::invalid, fmt::format("{} {} is empty; expected {} as PEM", what, file, wanted));
  }
  return fail(ErrorKind::invalid, fmt::format("{} {} holds {}; expected {} as PEM ({})", what, file,
                                              parts_of(file), wanted, why));
}

Result<void> use_own_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key,
                                 const std::string& password) {
  ERR_clear_error();
  KeyPassword asked{password};
  SSL_CTX_set_default_passwd_cb(context, tell_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return holds_no("the certificate", certificate, "a certificate");
  }
  const int used = SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  // A key of another kind than the certificate's is taken, for a certificate that is still to come.
  if (used == 1 && SSL_CTX_check_private_key(context) == 1) return {};
  if (asked.asked && !password.empty() && used != 1) {
    ERR_clear_error();
    return fail(ErrorKind::invalid, fmt::format("the password that was given does not open the key {}", key));
  }
  if (asked.asked && password.empty()) {
    ERR_clear_error();
    return fail(
        ErrorKind::invalid,
        fmt::format("the key {} is encrypted; nobody is there to be asked for its passphrase, so remove "
                    "it: openssl pkey -in {} -out NEW_FILE",
                    key, key));
  }
  const unsigned long code = ERR_peek_last_error();
  const bool other_values =
      ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH;
  if (used == 1 || other_values) {
    ERR_clear_error();
    return fail(ErrorKind::invalid,
                fmt::format("the key {} does not belong to the certificate {}", key, certificate));
  }
  return holds_no("the key", key, "a private key");
}

Result<SslContextPtr> new_context(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(method));
  if (context == nullptr) return fail(ErrorKind::system, fmt::format("TLS cannot start: {}", last_reason()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  // A renegotiation serves nobody here and costs the server more than the client.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  return context;
}

Result<void> trust(SSL_CTX* context, std::string_view what, const std::string& file) {
  if (SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) == 1) return {};
  return holds_no(what, file, "a certificate");
}

Result<SslContextPtr> read_files(const TlsServerOptions& options) {
  auto context = new_context(TLS_server_method());
  if (!context) return context;
  SSL_CTX* raw = context->get();
  auto own = use_own_certificate(raw, options.certificate_file, options.key_file, options.key_password);
  if (!own) return tl::make_unexpected(own.error());
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(raw, options.ciphers.c_str()) != 1) {
    ERR_clear_error();
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" names no cipher of TLS 1.2 that OpenSSL knows; expected a list "
                            "as \"openssl ciphers\" shows it",
                            options.ciphers));
  }
  // Session tickets would let a client go on with a certificate that is trusted no more.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  if (options.client_ca_file.empty()) return context;
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
  if (auto trusted = trust(raw, "the clients' authority", options.client_ca_file); !trusted) {
    return tl::make_unexpected(trusted.error());
  }
  SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(options.client_ca_file.c_str()));
  SSL_CTX_set_verify(
      raw, SSL_VERIFY_PEER | (options.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
      TlsSession::on_verify);
  return context;
}

Result<SslContextPtr> read_files(const TlsClientOptions& options) {
  auto context = new_context(TLS_client_method());
  if (!context) return context;
  SSL_CTX* raw = context->get();
  SSL_CTX_set_cert_cb(raw, TlsSession::on_certificate_wanted, nullptr);
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return fail(ErrorKind::invalid, "a client certificate needs both, certificate and key");
  }
  if (!options.certificate_file.empty()) {
    auto own = use_own_certificate(raw, options.certificate_file, options.key_file, options.key_password);
    if (!own) return tl::make_unexpected(own.error());
  }
  if (!options.verify) {
    SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
    return context;
  }
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, TlsSession::on_verify);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(raw);
  } else if (auto trusted = trust(raw, "the authority", options.ca_file); !trusted) {
    return tl::make_unexpected(trusted.error());
  }
  return context;
}

bool is_ip(const std::string& host) {
  return Address::from_ip(host, 1).has_value();
}

}  // namespace

TlsContext::TlsContext(TlsClientOptions options) : server_(false), client_options_(std::move(options)) {}
TlsContext::TlsContext(TlsServerOptions options) : server_(true), server_options_(std::move(options)) {}
TlsContext::~TlsContext() = default;

std::vector<TlsContext::Stamp> TlsContext::stamps() const {
  std::vector<Stamp> all;
  const std::string* files[] = {
      server_ ? &server_options_.certificate_file : &client_options_.certificate_file,
      server_ ? &server_options_.key_file : &client_options_.key_file,
      server_ ? &server_options_.client_ca_file : &client_options_.ca_file,
  };
  for (const std::string* file : files) {
    Stamp stamp;
    struct stat status {};
    if (!file->empty() && stat(file->c_str(), &status) == 0) {
      stamp = {status.st_dev, status.st_ino, status.st_size,
               status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec};
    }
    all.push_back(stamp);
  }
  return all;
}

void TlsContext::take(Result<SslContextPtr> fresh) {
  problem_ = fresh ? std::string() : fresh.error().message;
  if (fresh) context_ = std::move(*fresh);
}

Result<void> TlsContext::load() {
  std::vector<Stamp> now = stamps();
  if (!tried_ || (now != read_ && !reading_)) {
    tried_ = true;
    read_ = std::move(now);
    if (context_ == nullptr || !run_aside_) {
      take(server_ ? read_files(server_options_) : read_files(client_options_));
    } else {
      reading_ = true;
      const auto fresh = std::make_shared<Result<SslContextPtr>>();
      auto job =
          server_
              ? std::function<void()>([fresh, options = server_options_] { *fresh = read_files(options); })
              : std::function<void()>([fresh, options = client_options_] { *fresh = read_files(options); });
      run_aside_(std::move(job), [fresh, handle = handles_.handle()] {
        TlsContext* context = handle.get();
        if (context == nullptr) return;
        context->reading_ = false;
        context->take(std::move(*fresh));
      });
    }
  }
  if (context_ == nullptr) return fail(ErrorKind::invalid, problem_);
  return {};
}

Result<std::unique_ptr<TlsSession>> TlsContext::new_session(const std::string& host) {
  if (auto loaded = load(); !loaded) return tl::make_unexpected(loaded.error());
  ERR_clear_error();
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr) return fail(ErrorKind::system, fmt::format("TLS cannot start: {}", last_reason()));
  if (server_) {
    SSL_set_accept_state(ssl.get());
    return std::make_unique<TlsSession>(std::move(ssl), "");
  }
  SSL_set_connect_state(ssl.get());
  const std::string& name = client_options_.server_name.empty() ? host : client_options_.server_name;
  const bool checks_name = client_options_.verify && client_options_.check_name;
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl.get());
  if (is_ip(name)) {
    // RFC 6066, 3: no IP literals in SNI.
    if (checks_name) X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str());
  } else {
    // SSL_set_tlsext_host_name() is a macro with an old-style cast.
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
    if (checks_name) {
      X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      if (name.empty() || X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size()) != 1) {
        return fail(ErrorKind::invalid,
                    fmt::format("\"{}\" is no name that a certificate could be for", name));
      }
    }
  }
  return std::make_unique<TlsSession>(std::move(ssl), name);
}

}  // namespace tamada::http
