// From what a person configured about TLS to what common/http wants to know.
#pragma once

#include <string>

#include "common/http/tls_context.h"
#include "router/config/router_config.h"

namespace tamada::router {

// `section`: "cluster.api_tls", for the words of errors.
[[nodiscard]] inline http::TlsClientOptions tls_options(const TlsClientConfig& config,
                                                        const std::string& section) {
  http::TlsClientOptions options;
  options.verify = config.verify;
  options.ca_file = config.ca_file;
  options.certificate_file = config.cert_file;
  options.key_file = config.key_file;
  options.server_name = config.server_name;
  options.certificate_setting = section + ".cert_file";
  return options;
}

}  // namespace tamada::router
