// From what a person configured about TLS to what TlsContext wants to know.
#pragma once

#include <string>

#include "common/config/tls_client_config.h"
#include "common/http/tls_context.h"

namespace tamada::http {

// `section`: "cluster.api_tls", for the words of errors.
[[nodiscard]] inline TlsClientOptions tls_options(const TlsClientConfig& config, const std::string& section) {
  TlsClientOptions options;
  options.verify = config.verify;
  options.ca_file = config.ca_file;
  options.certificate_file = config.cert_file;
  options.key_file = config.key_file;
  options.server_name = config.server_name;
  options.certificate_setting = section + ".cert_file";
  return options;
}

}  // namespace tamada::http
