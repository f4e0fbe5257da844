#include "router/balance/client_network.h"

#include <algorithm>

namespace tamada::router {

namespace {

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t prefix_size = 8;
constexpr std::size_t ipv6_size = 16;

}  // namespace

ClientNetwork::ClientNetwork(const Address& client) {
  std::string bytes = client.ip_bytes();  // 4 for an IPv4-mapped one as well
  is_ipv6_ = bytes.size() == ipv6_size;
  bytes.resize(std::min(bytes.size(), prefix_size));
  for (const char byte : bytes) bits_ = bits_ << 8 | static_cast<unsigned char>(byte);
}

std::string ClientNetwork::to_string() const {
  const std::size_t size = is_ipv6_ ? prefix_size : ipv4_size;
  std::string bytes(is_ipv6_ ? ipv6_size : ipv4_size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(bits_ >> (8 * (size - 1 - i)) & 0xff);
  return Address::from_bytes(bytes, 0).ip() + (is_ipv6_ ? "/64" : "");
}

}  // namespace tamada::router
