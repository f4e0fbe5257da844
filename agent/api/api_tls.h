// The TLS of the REST API as common/http wants it.
#pragma once

#include "agent/api/api_options.h"
#include "common/http/tls_context.h"

namespace tamada::agent {

[[nodiscard]] inline http::TlsServerOptions server_tls_options(const ApiTls& tls) {
  http::TlsServerOptions options;
  options.certificate_file = tls.certificate_file;
  options.key_file = tls.key_file.empty() ? tls.certificate_file : tls.key_file;
  options.key_password = tls.key_password;
  options.ciphers = tls.ciphers;
  if (tls.verify_client != VerifyClient::none) options.client_ca_file = tls.client_ca_file;
  options.require_client_certificate = tls.verify_client == VerifyClient::required;
  return options;
}

}  // namespace tamada::agent
