// The REST API of this node, and how this node asks the others' (ctl).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/base/address.h"

namespace tamada::agent {

// Basic authentication; an empty name: none.
struct ApiUser {
  std::string username;
  std::string password;
  bool operator==(const ApiUser&) const = default;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct RestApiConfig {
  enum class VerifyClient : std::uint8_t { none, optional, required };
  enum class ServerTokens : std::uint8_t { original, minimal, productonly };

  HostPort listen;           // "::" where `*` was written
  HostPort connect_address;  // stands in the member key
  ApiUser authentication;    // of what changes something
  std::string certfile;      // empty: HTTP
  std::string keyfile;       // empty: in certfile
  std::string keyfile_password;
  std::string cafile;  // of client certificates
  std::string ciphers;
  VerifyClient verify_client = VerifyClient::none;
  std::vector<std::string> allowlist;  // names, addresses and networks; empty: everybody
  bool allowlist_include_members = false;
  Headers http_extra_headers;
  Headers https_extra_headers;
  std::uint32_t request_queue_size = 5;  // the backlog of the listening socket
  ServerTokens server_tokens = ServerTokens::original;

  [[nodiscard]] const char* scheme() const { return certfile.empty() ? "http" : "https"; }
  bool operator==(const RestApiConfig&) const = default;
};

// Whatever is empty is the REST API's own: user, cafile.
struct CtlConfig {
  ApiUser authentication;
  bool insecure = false;  // certificates of the others are not looked at
  std::string cacert;
  std::string certfile;
  std::string keyfile;
  std::string keyfile_password;
  bool operator==(const CtlConfig&) const = default;
};

}  // namespace tamada::agent
