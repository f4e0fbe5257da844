// Addresses: an IP address with a port, a network (for allow and deny lists), and a host:port pair that is
// not resolved yet. Values; no look-ups here (loop::Resolver does those).
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace tamada {

// An IPv4 or IPv6 address and a TCP port. Default: none (`!is_set()`).
class Address {
 public:
  Address() = default;

  // `ip` is a literal ("10.0.0.1", "::1", "fe80::1%eth0"), without brackets. Never a name, and nothing with a
  // control character in it.
  static Result<Address> from_ip(std::string_view ip, std::uint16_t port);
  // Any AF_INET or AF_INET6 address; another family gives one that is not set.
  static Address from_sockaddr(const sockaddr* address);
  // `bytes`: 4 or 16 in network order (PROXY protocol v2); another length gives one that is not set.
  static Address from_bytes(std::string_view bytes, std::uint16_t port);

  [[nodiscard]] bool is_set() const { return storage_.any.sa_family != AF_UNSPEC; }
  [[nodiscard]] bool is_ipv6() const { return storage_.any.sa_family == AF_INET6; }
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] Address with_port(std::uint16_t port) const;

  // "10.0.0.1" or "2001:db8::1"; "-" if not set.
  [[nodiscard]] std::string ip() const;
  // "10.0.0.1:5432" or "[2001:db8::1]:5432"; "-" if not set.
  [[nodiscard]] std::string to_string() const;
  // 4 or 16 bytes in network order; empty if not set.
  [[nodiscard]] std::string ip_bytes() const;

  [[nodiscard]] const sockaddr* data() const { return &storage_.any; }
  [[nodiscard]] socklen_t size() const;

  // The same machine: compares without the port; an IPv4-mapped IPv6 address equals the IPv4 one.
  [[nodiscard]] bool same_ip(const Address& other) const;
  bool operator==(const Address& other) const { return same_ip(other) && port() == other.port(); }

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_{};
};

// An IP network such as 10.0.0.0/8 or fd00::/8; a bare address is a network of one.
class Network {
 public:
  static Result<Network> parse(std::string_view text);
  [[nodiscard]] bool contains(const Address& address) const;
  [[nodiscard]] const std::string& text() const { return text_; }
  bool operator==(const Network& other) const { return text_ == other.text_; }

 private:
  std::string text_;   // as written
  std::string bytes_;  // 4 or 16, network order
  unsigned prefix_ = 0;
};

// A host (name or IP literal) and a port, as a person writes it: "pg1", "pg1:5432", "[::1]:5432", "::1".
struct HostPort {
  std::string host;  // no brackets
  std::uint16_t port = 0;

  // `default_port` is used when the text names none; 0 makes the port obligatory. "*:5000" and ":5000" give
  // the host "::" (all interfaces, both families). A bare IPv6 address cannot carry a port, and one that
  // could be read with a port ("fd00::1:5432") is refused: it needs brackets.
  static Result<HostPort> parse(std::string_view text, std::uint16_t default_port);
  // "pg1:5432", "[::1]:5432"
  [[nodiscard]] std::string to_string() const;
  bool operator==(const HostPort&) const = default;
};

}  // namespace tamada
