#include "router/balance/client_network.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

ClientNetwork network_of(const char* ip) {
  return ClientNetwork(*Address::from_ip(ip, 1));
}

}  // namespace

TEST_CASE("a client is its IPv4 address, or its /64 of IPv6", "[client_network]") {
  CHECK(network_of("198.51.100.9").to_string() == "198.51.100.9");
  CHECK(network_of("255.0.0.1").to_string() == "255.0.0.1");
  CHECK(network_of("2001:db8:1:2:3:4:5:6").to_string() == "2001:db8:1:2::/64");
  CHECK(network_of("ffff:ffff:ffff:ffff::1").to_string() == "ffff:ffff:ffff:ffff::/64");
  CHECK(network_of("::1").to_string() == "::/64");
  CHECK(network_of("::ffff:198.51.100.9").to_string() == "198.51.100.9");
}

TEST_CASE("addresses of one client are equal, of others not", "[client_network]") {
  CHECK(ClientNetwork(*Address::from_ip("198.51.100.9", 1)) ==
        ClientNetwork(*Address::from_ip("198.51.100.9", 2)));
  CHECK(network_of("::ffff:198.51.100.9") == network_of("198.51.100.9"));
  CHECK(network_of("2001:db8::1") == network_of("2001:db8::ffff:2"));
  CHECK_FALSE(network_of("2001:db8::1") == network_of("2001:db8:0:1::1"));
  CHECK_FALSE(network_of("198.51.100.9") == network_of("198.51.100.10"));
  // The same bits, but not the same network.
  CHECK_FALSE(network_of("0.0.0.1") == network_of("0:0:0:1::"));
}
