// TLS of our own requests, as a person configures it.
#pragma once

#include <string>

namespace tamada {

// All empty: the system's CAs, no client certificate.
struct TlsClientConfig {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string server_name;  // SNI and the name checked; empty: the host asked
  bool verify = true;
  bool operator==(const TlsClientConfig&) const = default;
};

}  // namespace tamada
