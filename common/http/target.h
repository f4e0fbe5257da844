// Target: the server that a request goes to. A value but for `tls`.
#pragma once

#include <string>

#include "common/base/address.h"
#include "common/http/tls_context.h"
#include "common/http/url.h"

namespace tamada::http {

struct Target {
  Address address;            // where to connect
  std::string host;           // name or IP literal, without port: what TLS asks for and checks
  std::string authority;      // the Host header
  TlsContext* tls = nullptr;  // null: plain HTTP; must outlive the request

  // `address`: one that `url.host` resolved to; its port is replaced by the URL's.
  static Target of(const Url& url, const Address& address, TlsContext* tls) {
    return {address.with_port(url.port), url.host, url.authority(), url.tls ? tls : nullptr};
  }

  // For error texts: "http://patroni1:8008 (10.0.0.1:8008)"; the address only where the host does not say it.
  [[nodiscard]] std::string words() const;
};

}  // namespace tamada::http
