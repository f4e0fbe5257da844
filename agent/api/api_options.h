// ApiOptions: what a configuration says of the REST API (restapi in patroni.yml). A value.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/answers/health_check.h"
#include "common/base/time.h"
#include "common/http/auth/basic_credentials.h"

namespace tamada::agent {

enum class VerifyClient {
  none,
  optional,  // asked for a certificate; who shows none may read, and change nothing
  required,  // the handshake fails without one
};

struct ApiTls {
  std::string certificate_file;  // with its chain, PEM
  std::string key_file;          // empty: it stands in certificate_file
  std::string key_password;
  std::string client_ca_file;  // whose client certificates are taken
  std::string ciphers;
  VerifyClient verify_client = VerifyClient::none;

  bool operator==(const ApiTls&) const = default;
};

enum class ServerTokens { original, product_only, minimal };

using ExtraHeaders = std::vector<std::pair<std::string, std::string>>;

struct ApiOptions {
  std::optional<ApiTls> tls;                             // none: plain HTTP
  std::optional<http::BasicCredentials> authentication;  // asked of who changes something

  // From where something may be changed: networks, addresses and host names. Empty and without members: from everywhere.
  std::vector<std::string> allowlist;
  bool allowlist_include_members = false;  // and from where the members' REST API is

  ExtraHeaders http_extra_headers;
  ExtraHeaders https_extra_headers;  // besides, with TLS
  ServerTokens server_tokens = ServerTokens::original;
  PrimaryMeans primary_means = PrimaryMeans::takes_writes;

  // What a client may use up.
  std::size_t max_connections = 512;
  std::size_t max_body = std::size_t{1024} * 1024;
  Duration request_timeout = 10s;   // for handshake and head, and again for the body
  Duration idle_timeout = 60s;      // of a connection that is kept open
  Duration query_timeout = 1500ms;  // for SQL that GET /patroni waits for: peers wait for 2 s in all
  Duration reading_timeout = 10s;   // for etcd to be read
};

}  // namespace tamada::agent
