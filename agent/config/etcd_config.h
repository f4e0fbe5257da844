// The store: etcd v3 over its JSON gateway.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/tls_client_config.h"

namespace tamada::agent {

// Where etcd is, as people write it: the first of proxy, url, hosts, host that is given counts.
struct EtcdAddresses {
  std::string host;
  std::vector<std::string> hosts;
  std::string url;
  std::string proxy;
  std::string protocol;  // of host and hosts: http or https
  std::uint16_t port = 2379;
  bool operator==(const EtcdAddresses&) const = default;
};

struct EtcdConfig {
  EtcdAddresses written;
  std::vector<std::string> endpoints;  // "http://etcd1:2379"; at least one, unless `srv` names a domain
  bool use_proxies = false;            // ask these only, not the members that they name
  std::string srv;                     // the domain whose SRV records name the end points
  std::string srv_suffix;
  std::string username;  // empty: no authentication
  std::string password;
  // Without cacert the certificate is not checked, as with Patroni.
  TlsClientConfig tls;
  bool operator==(const EtcdConfig&) const = default;
};

// Makes `endpoints` of what was written, and takes user and password out of the URL. Errors say what is wrong
// with the addresses, without a place; with none of them and no `srv`, endpoints stays empty.
[[nodiscard]] Result<void> resolve_endpoints(EtcdConfig& etcd);

}  // namespace tamada::agent
