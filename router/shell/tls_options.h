// From what a person configured about TLS to what common/http wants to know.
#pragma once

#include "common/http/tls_context.h"
#include "router/config/router_config.h"

namespace tamada::router {

[[nodiscard]] inline http::TlsClientOptions tls_options(const TlsClientConfig& config) {
  http::TlsClientOptions options;
  options.verify = config.verify;
  options.ca_file = config.ca_file;
  options.certificate_file = config.cert_file;
  options.key_file = config.key_file;
  options.server_name = config.server_name;
  return options;
}

}  // namespace tamada::router
