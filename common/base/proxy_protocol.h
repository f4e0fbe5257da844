// The PROXY protocol, versions 1 and 2 (haproxy.org, doc/proxy-protocol.txt): a header before the first byte
// of a connection that tells for whom a proxy in between opened it. Only for connections from trusted
// sources; whoever expects a header insists on it, since a guess could be forged.
#pragma once

#include "common/base/address.h"
#include "common/base/bytes.h"

namespace tamada {

inline constexpr std::size_t proxy_v1_max = 107;
// Version 2 could announce 65535 bytes; what real senders add (TLS details, a VPC's id) stays far below this.
inline constexpr std::size_t proxy_v2_max = 4096;

struct ProxyHeader {
  // Both set or both not. Not set: the sender speaks for itself (LOCAL), does not know (UNKNOWN, UNSPEC) or
  // has a Unix socket's client; the connection's own addresses stand then.
  Address source;
  Address destination;
  bool local = false;    // version 2's LOCAL: the proxy's own connection, such as a health check
  std::size_t size = 0;  // bytes of the input the header takes up
};

// Strict: version 1 needs its CRLF within 107 bytes, single spaces, the family and addresses that match it,
// ports without leading zeros; version 2 needs a known command, a known family over a stream, an address
// block as long as the family wants, and TLVs that end where the header ends. With LOCAL everything after the
// length is ignored, as the specification demands. Checksums (PP2_TYPE_CRC32C) are not verified: TCP has its
// own.
[[nodiscard]] Parsed<ProxyHeader> parse_proxy_header(Bytes received);

// Version 2. IPv4-mapped IPv6 addresses are written as IPv4; with one address of each family both are written
// as IPv6. Either not set: LOCAL, which every receiver has to accept.
[[nodiscard]] std::string build_proxy_v2(const Address& source, const Address& destination);

}  // namespace tamada
