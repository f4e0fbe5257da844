// From what a person configured about the statistics port's TLS to what common/http wants to know.
#pragma once

#include "common/http/tls_context.h"
#include "router/config/router_config.h"

namespace tamada::router {

[[nodiscard]] inline http::TlsServerOptions stats_tls_options(const StatsTlsConfig& config) {
  http::TlsServerOptions options;
  options.certificate_file = config.cert_file;
  options.key_file = config.key_file;
  options.client_ca_file = config.client_ca_file;
  return options;
}

}  // namespace tamada::router
