#include "common/base/proxy_protocol.h"

#include "tests/support/every_cut.h"

using namespace tamada;
using namespace tamada;
using namespace std::string_literals;

namespace {

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string tcp4_addresses =
    "\x0a\0\0\x01\x0a\0\0\x02\xd4\x31\x13\x88"s;  // 10.0.0.1:54321 -> 10.0.0.2:5000

ProxyHeader whole(std::string_view header) {
  return value_at_every_cut<ProxyHeader>(header, parse_proxy_header);
}

std::string wrong(std::string_view input, std::size_t known_from) {
  return error_from<ProxyHeader>(input, known_from, parse_proxy_header).message;
}

std::string v2(std::string_view command_and_family, std::string_view rest) {
  std::string header = signature;
  header += command_and_family;
  append_u16(header, static_cast<std::uint16_t>(rest.size()));
  return header.append(rest);
}

Address address(std::string_view ip, std::uint16_t port) {
  return Address::from_ip(ip, port).value();
}

std::string shown(const ProxyHeader& header) {
  return header.source.to_string() + " " + header.destination.to_string();
}

}  // namespace

TEST_CASE("version 1 is read the same however it is cut", "[proxy_protocol]") {
  const std::string tcp4 = "PROXY TCP4 10.0.0.1 10.0.0.2 54321 5000\r\n";
  CHECK(shown(whole(tcp4)) == "10.0.0.1:54321 10.0.0.2:5000");
  CHECK(whole(tcp4).size == tcp4.size());
  CHECK(shown(whole("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n")) == "[2001:db8::1]:0 [::1]:65535");
  CHECK_FALSE(whole(tcp4).local);
}

TEST_CASE("version 1 UNKNOWN names nobody, whatever follows the word", "[proxy_protocol]") {
  CHECK(shown(whole("PROXY UNKNOWN\r\n")) == "- -");
  CHECK(shown(whole("PROXY UNKNOWN ffff::1 any thing 1 2\r\n")) == "- -");
  CHECK(wrong("PROXY UNKNOWNS\r\n", 16).find("\"PROXY UNKNOWNS\", expected") != std::string::npos);
}

TEST_CASE("the longest version 1 line is 107 bytes", "[proxy_protocol]") {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n";
  REQUIRE(longest.size() == proxy_v1_max);
  CHECK(whole(longest).size == 107);
  const std::string longer = "PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n";
  CHECK(wrong(longer, 107) == "PROXY protocol: no line end within 107 bytes");
}

TEST_CASE("version 1 is strict", "[proxy_protocol]") {
  for (const char* line :
       {"PROXY TCP4 10.0.0.1 10.0.0.2 54321\r\n", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2 3\r\n",
        "PROXY TCP4  10.0.0.1 10.0.0.2 1 2\r\n", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2 \r\n",
        "PROXY TCP4 10.0.0.1 10.0.0.2 01 2\r\n", "PROXY TCP4 10.0.0.1 10.0.0.2 1 65536\r\n",
        "PROXY TCP4 10.0.0.1 10.0.0.2 -1 2\r\n", "PROXY TCP4 10.0.0.1 10.0.0.2 1 \r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP6 10.0.0.1 10.0.0.2 1 2\r\n",
        "PROXY TCP4 10.0.0.01 10.0.0.2 1 2\r\n", "PROXY TCP4 pg1 pg2 1 2\r\n",
        "PROXY TCP6 fe80::1%lo ::1 1 2\r\n", "PROXY UDP4 10.0.0.1 10.0.0.2 1 2\r\n", "PROXY \r\n"}) {
    INFO(line);
    CHECK(wrong(line, std::string_view(line).size())
              .find("expected \"PROXY TCP4|TCP6 source destination port port\"") != std::string::npos);
  }
  for (const std::string_view line : {std::string_view("PROXY TCP4 10.0.0.1\0 10.0.0.2 1 2\r\n", 35),
                                      std::string_view("PROXY TCP4 10.0.0.1\0.6 10.0.0.2 1 2\r\n", 37),
                                      std::string_view("PROXY TCP6 ::1 ::1\0 1 2\r\n", 25),
                                      std::string_view("PROXY TCP4 10.0.0.1\t 10.0.0.2 1 2\r\n", 35)}) {
    CHECK(wrong(std::string(line), line.size())
              .find("expected \"PROXY TCP4|TCP6 source destination port port\"") != std::string::npos);
  }
  CHECK(wrong("PROXY UNKNOWN\nx", 14) == "PROXY protocol: the line does not end with CR LF");
  CHECK(wrong("PROXY UNKNOWN\rx", 15) == "PROXY protocol: the line does not end with CR LF");
}

TEST_CASE("a forged second line does not become part of the header", "[proxy_protocol]") {
  const std::string first = "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n";
  const auto parsed = parse_proxy_header(as_bytes(first + "PROXY TCP4 6.6.6.6 10.0.0.2 1 2\r\n"));
  REQUIRE(std::holds_alternative<ProxyHeader>(parsed));
  CHECK(std::get<ProxyHeader>(parsed).size == first.size());
  CHECK(std::get<ProxyHeader>(parsed).source == address("10.0.0.1", 1));
}

TEST_CASE("version 2 is read the same however it is cut", "[proxy_protocol]") {
  const std::string tcp4 = v2("\x21\x11", tcp4_addresses);
  CHECK(shown(whole(tcp4)) == "10.0.0.1:54321 10.0.0.2:5000");
  CHECK(whole(tcp4).size == 28);
  const std::string ips = address("2001:db8::1", 0).ip_bytes() + address("::1", 0).ip_bytes();
  CHECK(shown(whole(v2("\x21\x21", ips + "\0\1\xff\xff"s))) == "[2001:db8::1]:1 [::1]:65535");
  CHECK(shown(whole(v2("\x21\x31", std::string(216, '/')))) == "- -");  // a Unix socket
  CHECK(shown(whole(v2("\x21\0"s, ""))) == "- -");
}

TEST_CASE("version 2 LOCAL names nobody and what follows is ignored", "[proxy_protocol]") {
  for (const std::string& header :
       {v2("\x20\0"s, ""), v2("\x20\x11"s, tcp4_addresses), v2("\x20\x77"s, "junk")}) {
    const ProxyHeader read = whole(header);
    CHECK(read.local);
    CHECK(shown(read) == "- -");
    CHECK(read.size == header.size());
  }
}

TEST_CASE("version 2 TLVs are passed over and must end within the header", "[proxy_protocol]") {
  const std::string alpn = "\x01\0\x0apostgresql"s;
  const std::string noop = "\x04\0\0"s;
  const std::string header = v2("\x21\x11", tcp4_addresses + alpn + noop);
  CHECK(whole(header).size == header.size());
  const std::string beyond = "PROXY protocol: a TLV ends beyond the header";
  for (const std::string& tlv : {"\x01"s, "\x01\0"s, "\x01\0\1"s, "\x01\xff\xff"s, alpn + "\x02\0\5abcd"s}) {
    const std::string bad = v2("\x21\x11", tcp4_addresses + tlv);
    CHECK(wrong(bad, bad.size()) == beyond);
  }
}

TEST_CASE("version 2 with wrong fields is refused from its first 16 bytes on", "[proxy_protocol]") {
  CHECK(wrong(v2("\x11\x11", tcp4_addresses), 16) ==
        "PROXY protocol: version and command 0x11, expected 0x20 (LOCAL) or 0x21 (PROXY)");
  wrong(v2("\x22\x11", tcp4_addresses), 16);
  CHECK(wrong(v2("\x21\x12", tcp4_addresses), 16).find("address family and transport 0x12, expected 0x00") !=
        std::string::npos);
  wrong(v2("\x21\x41", tcp4_addresses), 16);
  CHECK(wrong(v2("\x21\x11", "12345678901"), 16) ==
        "PROXY protocol: 11 bytes of addresses, expected 12 for family 0x11");
  wrong(v2("\x21\x21", tcp4_addresses), 16);
  wrong(v2("\x21\x31", std::string(215, '/')), 16);
  CHECK(wrong(v2("\x20\0"s, std::string(4081, 'x')), 16) ==
        "PROXY protocol: a header of 4097 bytes, expected at most 4096");
}

TEST_CASE("bytes that begin no header are refused at the first that differs", "[proxy_protocol]") {
  CHECK(wrong("\0\0\0\x08\x04\xd2\x16\x2f"s, 1) ==
        "PROXY protocol: expected a header, found \"\\x00\\x00\\x00\\x08\\x04\\xd2\\x16/\"");
  wrong("PROXX", 5);
  wrong("\r\n\r\n\0\r\nQUIX"s, 11);
}

TEST_CASE("version 2 is built for IPv4, IPv6, and mixed families", "[proxy_protocol]") {
  CHECK(build_proxy_v2(address("10.0.0.1", 54321), address("10.0.0.2", 5000)) ==
        v2("\x21\x11", tcp4_addresses));
  CHECK(build_proxy_v2(address("::ffff:10.0.0.1", 54321), address("10.0.0.2", 5000)) ==
        v2("\x21\x11", tcp4_addresses));
  CHECK(shown(whole(build_proxy_v2(address("2001:db8::1", 1), address("2001:db8::2", 2)))) ==
        "[2001:db8::1]:1 [2001:db8::2]:2");

  const ProxyHeader mixed = whole(build_proxy_v2(address("10.0.0.1", 1), address("2001:db8::2", 2)));
  CHECK(mixed.source.is_ipv6());
  CHECK(mixed.source == address("10.0.0.1", 1));  // as an IPv4-mapped address
  CHECK(mixed.destination == address("2001:db8::2", 2));

  const ProxyHeader unknown = whole(build_proxy_v2({}, address("10.0.0.2", 2)));
  CHECK(unknown.local);
  CHECK(unknown.size == 16);
}
