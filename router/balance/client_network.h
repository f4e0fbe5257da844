// ClientNetwork: what counts as one client where limits are for each client's address.
//
// An IPv4 address; of an IPv6 address its /64, since one machine may use all addresses of that network (RFC
// 8981) and a limit on each of them would be none. An IPv4-mapped IPv6 address is the IPv4 one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/address.h"

namespace tamada::router {

class ClientNetwork {
 public:
  // `client` is set.
  explicit ClientNetwork(const Address& client);

  // "198.51.100.9", "2001:db8:1:2::/64"
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::size_t hash() const noexcept {
    return std::hash<std::uint64_t>{}(bits_ * 2 + (is_ipv6_ ? 1 : 0));
  }
  bool operator==(const ClientNetwork&) const = default;

 private:
  std::uint64_t bits_ = 0;  // the first bytes of the address in network order: 4 or 8
  bool is_ipv6_ = false;
};

}  // namespace tamada::router
