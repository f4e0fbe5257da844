#include "common/base/proxy_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace tamada {

namespace {

constexpr std::string_view v1_start = "PROXY ";
constexpr std::string_view v2_signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t v2_header = 16;  // signature, version and command, family, length

constexpr unsigned v2_local = 0x20;
constexpr unsigned v2_proxy = 0x21;
constexpr unsigned family_unspecified = 0x00;
constexpr unsigned family_tcp4 = 0x11;
constexpr unsigned family_tcp6 = 0x21;
constexpr unsigned family_unix_stream = 0x31;

Error invalid(std::string message) {
  return Error{ErrorKind::invalid, "PROXY protocol: " + std::move(message)};
}

// The bytes of an address block, by family; nullopt for a family no PostgreSQL client can have (datagrams
// included).
std::optional<std::size_t> address_size(unsigned family) {
  switch (family) {
    case family_unspecified:
      return 0;
    case family_tcp4:
      return 12;
    case family_tcp6:
      return 36;
    case family_unix_stream:
      return 216;
    default:
      return std::nullopt;
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool leading_zero = text.size() > 1 && text[0] == '0';
  if (error != std::errc{} || end != text.data() + text.size() || leading_zero) return std::nullopt;
  return value;
}

std::optional<Address> parse_v1_address(std::string_view ip, std::string_view port, bool ipv6) {
  const auto number = parse_port(port);
  if (!number || ip.find('%') != std::string_view::npos) return std::nullopt;
  const auto address = Address::from_ip(ip, *number);
  if (!address || address->is_ipv6() != ipv6) return std::nullopt;
  return *address;
}

Parsed<ProxyHeader> parse_v1_line(std::string_view line) {
  ProxyHeader header;
  header.size = line.size() + 2;
  const Error wrong = invalid(
      fmt::format("\"{}\", expected \"PROXY TCP4|TCP6 source destination port port\" or \"PROXY UNKNOWN\"",
                  printable(line, proxy_v1_max)));
  std::string_view rest = line.substr(v1_start.size());
  if (rest == "UNKNOWN" || rest.starts_with("UNKNOWN ")) return header;
  std::array<std::string_view, 5> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto end = rest.find(' ');
    if ((end == std::string_view::npos) != (i + 1 == words.size())) return wrong;
    words[i] = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), words[i].size() + 1));
  }
  if (words[0] != "TCP4" && words[0] != "TCP6") return wrong;
  const bool ipv6 = words[0] == "TCP6";
  const auto source = parse_v1_address(words[1], words[3], ipv6);
  const auto destination = parse_v1_address(words[2], words[4], ipv6);
  if (!source || !destination) return wrong;
  header.source = *source;
  header.destination = *destination;
  return header;
}

Parsed<ProxyHeader> parse_v1(Bytes received) {
  const std::string_view text = as_text(received).substr(0, proxy_v1_max);
  const auto end = text.find_first_of("\r\n");
  if (end == std::string_view::npos || (text[end] == '\r' && end + 1 == text.size())) {
    if (text.size() < proxy_v1_max) return NeedMore{text.size() + 1};
    return invalid(fmt::format("no line end within {} bytes", proxy_v1_max));
  }
  if (text[end] != '\r' || text[end + 1] != '\n') return invalid("the line does not end with CR LF");
  return parse_v1_line(text.substr(0, end));
}

bool tlvs_fit(Bytes rest) {
  while (!rest.empty()) {
    if (rest.size() < 3) return false;
    const std::size_t size = 3U + read_u16(rest.subspan(1));
    if (size > rest.size()) return false;
    rest = rest.subspan(size);
  }
  return true;
}

Parsed<ProxyHeader> parse_v2(Bytes received) {
  if (received.size() < v2_header) return NeedMore{v2_header};
  const auto command = std::to_integer<unsigned>(received[12]);
  const auto family = std::to_integer<unsigned>(received[13]);
  const std::size_t length = read_u16(received.subspan(14));
  if (command != v2_local && command != v2_proxy) {
    return invalid(
        fmt::format("version and command 0x{:02x}, expected 0x20 (LOCAL) or 0x21 (PROXY)", command));
  }
  if (v2_header + length > proxy_v2_max) {
    return Error{ErrorKind::too_large,
                 fmt::format("PROXY protocol: a header of {} bytes, expected at most {}", v2_header + length,
                             proxy_v2_max)};
  }
  ProxyHeader header;
  header.local = command == v2_local;
  header.size = v2_header + length;
  const auto addresses = address_size(family);
  if (!header.local) {
    if (!addresses) {
      return invalid(
          fmt::format("address family and transport 0x{:02x}, expected 0x00, 0x11 (TCP over IPv4), "
                      "0x21 (TCP over IPv6) or 0x31 (Unix stream)",
                      family));
    }
    if (length < *addresses) {
      return invalid(
          fmt::format("{} bytes of addresses, expected {} for family 0x{:02x}", length, *addresses, family));
    }
  }
  if (received.size() < header.size) return NeedMore{header.size};
  if (header.local) return header;
  const Bytes block = received.subspan(v2_header, length);
  if (!tlvs_fit(block.subspan(*addresses))) return invalid("a TLV ends beyond the header");
  if (family == family_tcp4 || family == family_tcp6) {
    const std::size_t ip = family == family_tcp4 ? 4 : 16;
    const std::string_view text = as_text(block);
    header.source = Address::from_bytes(text.substr(0, ip), read_u16(block.subspan(2 * ip)));
    header.destination = Address::from_bytes(text.substr(ip, ip), read_u16(block.subspan(2 * ip + 2)));
  }
  return header;
}

// 16 bytes of an IPv4 address (mapped) or an IPv6 one.
std::string as_ipv6(const Address& address) {
  std::string bytes = address.ip_bytes();
  return bytes.size() == 16 ? bytes : std::string(10, '\0') + "\xff\xff" + bytes;
}

}  // namespace

Parsed<ProxyHeader> parse_proxy_header(Bytes received) {
  const std::string_view text = as_text(received);
  const auto begins = [&](std::string_view start) {
    const std::size_t size = std::min(text.size(), start.size());
    return text.substr(0, size) == start.substr(0, size);
  };
  if (text.empty()) return NeedMore{1};
  if (begins(v1_start)) return text.size() < v1_start.size() ? NeedMore{v1_start.size()} : parse_v1(received);
  if (begins(v2_signature)) return parse_v2(received);
  return invalid(fmt::format("expected a header, found \"{}\"", printable(text, 16)));
}

std::string build_proxy_v2(const Address& source, const Address& destination) {
  std::string header(v2_signature);
  if (!source.is_set() || !destination.is_set()) {
    header.push_back(static_cast<char>(v2_local));
    header.push_back(static_cast<char>(family_unspecified));
    append_u16(header, 0);
    return header;
  }
  std::string from = source.ip_bytes();
  std::string to = destination.ip_bytes();
  const bool ipv4 = from.size() == 4 && to.size() == 4;
  if (!ipv4) {
    from = as_ipv6(source);
    to = as_ipv6(destination);
  }
  header.push_back(static_cast<char>(v2_proxy));
  header.push_back(static_cast<char>(ipv4 ? family_tcp4 : family_tcp6));
  append_u16(header, static_cast<std::uint16_t>(2 * from.size() + 4));
  header += from + to;
  append_u16(header, source.port());
  append_u16(header, destination.port());
  return header;
}

}  // namespace tamada
