#include "common/base/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tamada {

namespace {

constexpr std::string_view mapped_prefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

// An IPv4-mapped IPv6 address in its four bytes, so that both spellings compare equal.
std::string unmapped(std::string bytes) {
  if (bytes.size() == 16 && std::string_view(bytes).substr(0, 12) == mapped_prefix) return bytes.substr(12);
  return bytes;
}

Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > 65535) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\": bad port \"{}\"; expected 1 to 65535", whole, text));
  }
  return static_cast<std::uint16_t>(value);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string shown(std::string_view text) {
  std::string copy(text);
  std::replace_if(copy.begin(), copy.end(), is_control, '?');
  return copy;
}

bool is_ipv6_literal(std::string_view text) {
  const auto address = Address::from_ip(text, 0);
  return address && address->is_ipv6();
}

// Why this text with several colons cannot be taken for a host, or nothing. "fd00::1:5432" is an address, and
// an address with a port as well: nobody can tell which was meant.
std::string refused_colons(std::string_view text) {
  const auto last = text.rfind(':');
  const std::string_view before = text.substr(0, last);
  const std::string_view behind = text.substr(last + 1);
  const bool is_address = is_ipv6_literal(text);
  if (parse_port(behind, text) && !behind.starts_with('0') && is_ipv6_literal(before)) {
    const std::string with_port = fmt::format("[{}]:{}", before, behind);
    if (!is_address) return fmt::format("\"{}\": a port behind an IPv6 address; write {}", text, with_port);
    return fmt::format("\"{}\" may be an address, or one with a port; write [{}] or {}", text, text,
                       with_port);
  }
  if (is_address) return {};
  if (text.find("://") != std::string_view::npos)
    return fmt::format("\"{}\" is a URL; expected host:port", shown(text));
  return fmt::format("\"{}\": several colons, but no IPv6 address; expected host:port or [address]:port",
                     shown(text));
}

}  // namespace

Result<Address> Address::from_ip(std::string_view ip, std::uint16_t port) {
  Address result;
  // The C functions below end at a NUL: what stands behind it would go unseen.
  if (std::any_of(ip.begin(), ip.end(), is_control)) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not an IP address", shown(ip)));
  }
  const std::string text(ip.substr(0, ip.find('%')));
  if (inet_pton(AF_INET, std::string(ip).c_str(), &result.storage_.v4.sin_addr) == 1) {
    result.storage_.v4.sin_family = AF_INET;
    result.storage_.v4.sin_port = htons(port);
    return result;
  }
  if (inet_pton(AF_INET6, text.c_str(), &result.storage_.v6.sin6_addr) == 1) {
    result.storage_.v6.sin6_family = AF_INET6;
    result.storage_.v6.sin6_port = htons(port);
    if (text.size() < ip.size()) {
      const std::string scope(ip.substr(text.size() + 1));
      result.storage_.v6.sin6_scope_id = if_nametoindex(scope.c_str());
    }
    return result;
  }
  return fail(ErrorKind::invalid, fmt::format("\"{}\" is not an IP address", ip));
}

Address Address::from_sockaddr(const sockaddr* address) {
  Address result;
  if (address == nullptr) return result;
  if (address->sa_family == AF_INET) std::memcpy(&result.storage_.v4, address, sizeof(sockaddr_in));
  if (address->sa_family == AF_INET6) std::memcpy(&result.storage_.v6, address, sizeof(sockaddr_in6));
  return result;
}

Address Address::from_bytes(std::string_view bytes, std::uint16_t port) {
  Address result;
  if (bytes.size() == 4) {
    result.storage_.v4.sin_family = AF_INET;
    result.storage_.v4.sin_port = htons(port);
    std::memcpy(&result.storage_.v4.sin_addr, bytes.data(), 4);
  } else if (bytes.size() == 16) {
    result.storage_.v6.sin6_family = AF_INET6;
    result.storage_.v6.sin6_port = htons(port);
    std::memcpy(&result.storage_.v6.sin6_addr, bytes.data(), 16);
  }
  return result;
}

std::uint16_t Address::port() const {
  if (!is_set()) return 0;
  return ntohs(is_ipv6() ? storage_.v6.sin6_port : storage_.v4.sin_port);
}

Address Address::with_port(std::uint16_t port) const {
  Address result = *this;
  if (is_ipv6()) {
    result.storage_.v6.sin6_port = htons(port);
  } else if (is_set()) {
    result.storage_.v4.sin_port = htons(port);
  }
  return result;
}

std::string Address::ip() const {
  if (!is_set()) return "-";
  char text[INET6_ADDRSTRLEN] = {};
  const void* source = is_ipv6() ? static_cast<const void*>(&storage_.v6.sin6_addr)
                                 : static_cast<const void*>(&storage_.v4.sin_addr);
  inet_ntop(storage_.any.sa_family, source, text, sizeof text);
  // A client of a dual-stack listener is shown as the IPv4 address that it is.
  if (std::string_view(text).starts_with("::ffff:") && ip_bytes().size() == 4) return text + 7;
  return text;
}

std::string Address::to_string() const {
  if (!is_set()) return "-";
  const std::string text = ip();
  return text.find(':') == std::string::npos ? fmt::format("{}:{}", text, port())
                                             : fmt::format("[{}]:{}", text, port());
}

std::string Address::ip_bytes() const {
  if (!is_set()) return {};
  if (is_ipv6()) return unmapped(std::string(reinterpret_cast<const char*>(&storage_.v6.sin6_addr), 16));
  return std::string(reinterpret_cast<const char*>(&storage_.v4.sin_addr), 4);
}

socklen_t Address::size() const {
  if (!is_set()) return 0;
  return is_ipv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

bool Address::same_ip(const Address& other) const {
  return ip_bytes() == other.ip_bytes();
}

Result<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = Address::from_ip(text.substr(0, slash), 0);
  if (!address) {
    return fail(
        ErrorKind::invalid,
        fmt::format("\"{}\" is not an IP network; expected one such as 10.0.0.0/8 or fd00::/8", text));
  }
  Network result;
  result.text_ = text;
  result.bytes_ = address->ip_bytes();
  const unsigned longest = static_cast<unsigned>(result.bytes_.size()) * 8;
  result.prefix_ = longest;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.prefix_);
    if (error != std::errc{} || end != digits.data() + digits.size() || result.prefix_ > longest) {
      return fail(ErrorKind::invalid,
                  fmt::format("\"{}\": bad prefix length \"{}\"; expected 0 to {}", text, digits, longest));
    }
  }
  return result;
}

bool Network::contains(const Address& address) const {
  const std::string other = address.ip_bytes();
  if (other.size() != bytes_.size()) return false;
  const std::size_t whole = prefix_ / 8;
  if (!std::equal(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(whole), other.begin()))
    return false;
  const unsigned rest = prefix_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
  return ((static_cast<unsigned char>(bytes_[whole]) ^ static_cast<unsigned char>(other[whole])) & mask) == 0;
}

Result<HostPort> HostPort::parse(std::string_view text, std::uint16_t default_port) {
  HostPort result;
  result.port = default_port;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) {
      return fail(ErrorKind::invalid, fmt::format("\"{}\": no closing ] after the IPv6 address", text));
    }
    result.host = text.substr(1, close - 1);
    if (!is_ipv6_literal(result.host)) {
      return fail(ErrorKind::invalid,
                  fmt::format("\"{}\": expected an IPv6 address between the brackets", shown(text)));
    }
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') {
      return fail(ErrorKind::invalid, fmt::format("\"{}\": expected :port after ]", text));
    }
    has_port = !rest.empty();
    port = has_port ? rest.substr(1) : rest;
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    if (std::string why = refused_colons(text); !why.empty()) return fail(ErrorKind::invalid, std::move(why));
    result.host = text;
  } else {
    const auto colon = text.find(':');
    has_port = colon != std::string_view::npos;
    result.host = text.substr(0, colon);
    if (has_port) port = text.substr(colon + 1);
  }
  if (has_port) {
    auto value = parse_port(port, text);
    if (!value) return tl::make_unexpected(value.error());
    result.port = *value;
  } else if (default_port == 0) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\": the port is missing; expected host:port", text));
  }
  if (result.host == "*" || (result.host.empty() && has_port)) result.host = "::";
  if (result.host.empty()) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\": the host is missing; expected host or host:port", text));
  }
  const bool has_control = std::any_of(result.host.begin(), result.host.end(), is_control);
  if (has_control || result.host.find_first_of(" /\"'") != std::string::npos) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" is not a host; expected host or host:port", shown(text)));
  }
  return result;
}

std::string HostPort::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

}  // namespace tamada
