#include "common/http/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

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

tl::unexpected<Error> cannot_read(std::string_view what, const std::string& file) {
  return fail(ErrorKind::invalid, fmt::format("cannot read {} {}: {}", what, file, last_reason()));
}

// OpenSSL would otherwise ask for the key's password on the terminal, and the loop would stand still.
int no_password(char*, int, int, void*) noexcept {
  return -1;
}

Result<void> use_own_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return cannot_read("the certificate", certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return cannot_read("the key", key);
  }
  return {};
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

Result<void> TlsContext::load() {
  std::vector<Stamp> now = stamps();
  if (!tried_ || now != read_) {
    tried_ = true;
    read_ = std::move(now);
    auto fresh = read_files();
    problem_ = fresh ? std::string() : fresh.error().message;
    if (fresh) context_ = std::move(*fresh);
  }
  if (context_ == nullptr) return fail(ErrorKind::invalid, problem_);
  return {};
}

Result<SslContextPtr> TlsContext::read_files() const {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(server_ ? TLS_server_method() : TLS_client_method()));
  if (context == nullptr) return fail(ErrorKind::system, fmt::format("TLS cannot start: {}", last_reason()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  // A renegotiation serves nobody here and costs the server more than the client.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);

  if (server_) {
    const auto& options = server_options_;
    auto own = use_own_certificate(context.get(), options.certificate_file, options.key_file);
    if (!own) return tl::make_unexpected(own.error());
    // Session tickets would let a client go on with a certificate that is trusted no more.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    if (options.client_ca_file.empty()) return context;
    SSL_CTX_set_num_tickets(context.get(), 0);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    if (SSL_CTX_load_verify_locations(context.get(), options.client_ca_file.c_str(), nullptr) != 1) {
      return cannot_read("the clients' authority", options.client_ca_file);
    }
    SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(options.client_ca_file.c_str()));
    SSL_CTX_set_verify(
        context.get(),
        SSL_VERIFY_PEER | (options.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        TlsSession::on_verify);
    return context;
  }

  const auto& options = client_options_;
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return fail(ErrorKind::invalid, "a client certificate needs both, certificate and key");
  }
  if (!options.certificate_file.empty()) {
    auto own = use_own_certificate(context.get(), options.certificate_file, options.key_file);
    if (!own) return tl::make_unexpected(own.error());
  }
  if (!options.verify) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, TlsSession::on_verify);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_locations(context.get(), options.ca_file.c_str(), nullptr) != 1) {
    return cannot_read("the authority", options.ca_file);
  }
  return context;
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
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl.get());
  if (is_ip(name)) {
    // RFC 6066, 3: no IP literals in SNI.
    if (client_options_.verify) X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str());
  } else {
    // SSL_set_tlsext_host_name() is a macro with an old-style cast.
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
    if (client_options_.verify) {
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
