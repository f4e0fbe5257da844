#include "common/base/address.h"

#include <catch2/catch.hpp>

using namespace tamada;

TEST_CASE("an address prints as it was written", "[address]") {
  CHECK(Address::from_ip("10.0.0.1", 5432)->to_string() == "10.0.0.1:5432");
  CHECK(Address::from_ip("2001:db8::1", 5432)->to_string() == "[2001:db8::1]:5432");
  CHECK(Address{}.to_string() == "-");
  CHECK_FALSE(Address::from_ip("pg1", 5432).has_value());
}

TEST_CASE("an IPv4-mapped IPv6 address is the IPv4 address", "[address]") {
  const Address mapped = *Address::from_ip("::ffff:10.0.0.1", 5432);
  CHECK(mapped == *Address::from_ip("10.0.0.1", 5432));
  CHECK(mapped.to_string() == "10.0.0.1:5432");
}

TEST_CASE("the bytes of an address make the address again", "[address]") {
  for (const char* text : {"10.1.2.3", "2001:db8::7"}) {
    const Address address = *Address::from_ip(text, 1);
    CHECK(Address::from_bytes(address.ip_bytes(), 1) == address);
  }
  CHECK_FALSE(Address::from_bytes("abc", 1).is_set());
}

TEST_CASE("a network holds its addresses and no others", "[address]") {
  const Network ten = *Network::parse("10.0.0.0/9");
  CHECK(ten.contains(*Address::from_ip("10.127.255.255", 0)));
  CHECK_FALSE(ten.contains(*Address::from_ip("10.128.0.0", 0)));
  CHECK_FALSE(ten.contains(*Address::from_ip("fd00::1", 0)));
  CHECK(Network::parse("0.0.0.0/0")->contains(*Address::from_ip("192.0.2.1", 0)));
  CHECK(Network::parse("fd00::/8")->contains(*Address::from_ip("fdff::1", 0)));
  CHECK(Network::parse("192.0.2.1")->contains(*Address::from_ip("::ffff:192.0.2.1", 0)));
  CHECK(Network::parse("10.0.0.0/33").error().message ==
        "\"10.0.0.0/33\": bad prefix length \"33\"; expected 0 to 32");
  CHECK_FALSE(Network::parse("example").has_value());
}

TEST_CASE("host and port are read in every usual spelling", "[address]") {
  const auto parsed = [](const char* text) { return HostPort::parse(text, 5432)->to_string(); };
  CHECK(parsed("pg1") == "pg1:5432");
  CHECK(parsed("pg1:6000") == "pg1:6000");
  CHECK(parsed("[::1]:6000") == "[::1]:6000");
  CHECK(parsed("[::1]") == "[::1]:5432");
  CHECK(parsed("::1") == "[::1]:5432");
  CHECK(parsed("*:5000") == "[::]:5000");
  CHECK(parsed(":5000") == "[::]:5000");
}

TEST_CASE("an address with a control character is none, also where a C string would end", "[address]") {
  using namespace std::string_view_literals;
  CHECK_FALSE(Address::from_ip("10.0.0.1\0.evil"sv, 1));
  CHECK(Address::from_ip("10.0.0.1\0"sv, 1).error().message == "\"10.0.0.1?\" is not an IP address");
  CHECK_FALSE(Address::from_ip("::1\0"sv, 1));
  CHECK_FALSE(Address::from_ip("fe80::1%lo\0"sv, 1));
  CHECK_FALSE(Network::parse("10.0.0.0\0/8"sv));
  CHECK_FALSE(HostPort::parse("pg1\0:5432"sv, 1));
  CHECK_FALSE(HostPort::parse("pg1\n"sv, 1));
}

TEST_CASE("an IPv6 address that could be read with a port needs brackets", "[address]") {
  const auto error = [](const char* text) { return HostPort::parse(text, 5432).error().message; };
  CHECK(error("fd00::1:5432") ==
        "\"fd00::1:5432\" may be an address, or one with a port; write [fd00::1:5432] or [fd00::1]:5432");
  CHECK(error("2001:db8:0:0:0:0:0:1:5432") ==
        "\"2001:db8:0:0:0:0:0:1:5432\": a port behind an IPv6 address; write [2001:db8:0:0:0:0:0:1]:5432");
  CHECK(error("fe80::1%lo:5432").find("or [fe80::1%lo]:5432") != std::string::npos);
  CHECK(error("pg1:5432:5433") ==
        "\"pg1:5432:5433\": several colons, but no IPv6 address; expected host:port or [address]:port");
  CHECK(error("[pg1]:5432") == "\"[pg1]:5432\": expected an IPv6 address between the brackets");
  // These can be read in one way only.
  for (const char* address :
       {"fd00::1", "::1", "2001:db8:0:0:0:0:0:1", "fd00::1:abcd", "fd00::1:05", "fd00::"})
    CHECK(HostPort::parse(address, 5432)->to_string() == "[" + std::string(address) + "]:5432");
}

TEST_CASE("a bad host and port says what is wrong with it", "[address]") {
  const auto error = [](const char* text) { return HostPort::parse(text, 0).error().message; };
  CHECK(error("pg1") == "\"pg1\": the port is missing; expected host:port");
  CHECK(error("pg1:x") == "\"pg1:x\": bad port \"x\"; expected 1 to 65535");
  CHECK(error("pg1:0") == "\"pg1:0\": bad port \"0\"; expected 1 to 65535");
  CHECK(error("pg1:65536") == "\"pg1:65536\": bad port \"65536\"; expected 1 to 65535");
  CHECK(error("[::1:5000") == "\"[::1:5000\": no closing ] after the IPv6 address");
  CHECK(error("http://pg1:80") == "\"http://pg1:80\" is a URL; expected host:port");
  CHECK(HostPort::parse("", 5432).error().message == "\"\": the host is missing; expected host or host:port");
}
