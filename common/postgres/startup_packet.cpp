#include "common/postgres/startup_packet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "common/postgres/error_response.h"

namespace tamada::postgres {

namespace {

// Request codes stand where a version would: major 1234, which no protocol will have (pqcomm.h).
constexpr std::uint32_t request_major = 1234;
constexpr std::uint32_t cancel_code = request_major << 16 | 5678;
constexpr std::uint32_t ssl_code = request_major << 16 | 5679;
constexpr std::uint32_t gss_code = request_major << 16 | 5680;

constexpr std::size_t cancel_header = 12;  // length, code, pid

constexpr std::byte tls_handshake{0x16};
constexpr std::size_t tls_enough = 6;  // record header (5 bytes) and the handshake message's type

// A protocol that is not ours, by its first four bytes. None of them could be a length we take.
struct Stranger {
  std::string_view begins;
  enum class Kind { http, ssh, proxy } kind;
};
constexpr std::array<Stranger, 13> strangers{{
    {"GET ", Stranger::Kind::http},
    {"HEAD", Stranger::Kind::http},
    {"POST", Stranger::Kind::http},
    {"PUT ", Stranger::Kind::http},
    {"DELE", Stranger::Kind::http},
    {"OPTI", Stranger::Kind::http},
    {"PATC", Stranger::Kind::http},
    {"CONN", Stranger::Kind::http},
    {"TRAC", Stranger::Kind::http},
    {"PRI ", Stranger::Kind::http},
    {"SSH-", Stranger::Kind::ssh},
    {"PROX", Stranger::Kind::proxy},
    {"\r\n\r\n", Stranger::Kind::proxy},
}};

const Stranger* stranger_of(Bytes received) {
  const std::string_view text = as_text(received).substr(0, 4);
  const auto* found = std::find_if(strangers.begin(), strangers.end(),
                                   [&](const Stranger& stranger) { return stranger.begins == text; });
  return found == strangers.end() ? nullptr : found;
}

Error invalid(std::string message) {
  return Error{ErrorKind::invalid, std::move(message)};
}

Error describe(const Stranger& stranger, Bytes received) {
  const std::string_view text = as_text(received);
  switch (stranger.kind) {
    case Stranger::Kind::http:
      return invalid(
          fmt::format("this is an HTTP request (\"{}\") on a PostgreSQL port; "
                      "the statistics page is on another port (stats.bind, usually 7000)",
                      printable(text.substr(0, text.find('\r')), 40)));
    case Stranger::Kind::ssh:
      return invalid("this is an SSH client on a PostgreSQL port");
    case Stranger::Kind::proxy:
      break;
  }
  return invalid(
      "this is a PROXY protocol header, which is not expected from this address; "
      "let the listener accept it from there, or switch it off in the sender");
}

Error wrong_length(std::uint32_t length, Bytes received) {
  return Error{
      length > startup_packet_max ? ErrorKind::too_large : ErrorKind::invalid,
      fmt::format("the first packet's length is {}, expected {} to {}: "
                  "not a PostgreSQL client (first bytes \"{}\")",
                  length, startup_packet_min, startup_packet_max, printable(as_text(received.first(4))))};
}

Parsed<FirstPacket> parse_client_hello(Bytes received) {
  // Record: type 22, version 3.0 to 3.4, length; then a handshake message of type 1, ClientHello.
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(received[i]); };
  const std::size_t size = received.size();
  const bool wrong = (size > 1 && at(1) != 3) || (size > 2 && at(2) > 4) ||
                     (size > 4 && (read_u16(received.subspan(3)) < 1 || at(3) > 0x40)) ||
                     (size > 5 && at(5) != 1);
  if (wrong) {
    return invalid(fmt::format(
        "the first byte is that of a TLS handshake, but no ClientHello follows (first bytes \"{}\")",
        printable(as_text(received.first(std::min(size, tls_enough))))));
  }
  if (size < tls_enough) return NeedMore{tls_enough};
  return FirstPacket{DirectTls{}, 0};
}

Parsed<FirstPacket> parse_cancel(Bytes received, std::size_t length) {
  if (length < cancel_header + cancel_key_min || length > cancel_header + cancel_key_max) {
    return invalid(fmt::format("a CancelRequest of {} bytes, expected {} to {}", length,
                               cancel_header + cancel_key_min, cancel_header + cancel_key_max));
  }
  if (received.size() < length) return NeedMore{length};
  CancelRequest request;
  request.pid = read_u32(received.subspan(8));
  request.key = as_text(received.subspan(cancel_header, length - cancel_header));
  return FirstPacket{std::move(request), length};
}

Parsed<FirstPacket> parse_startup_message(Bytes received, std::size_t length, std::uint32_t version) {
  if (received.size() < length) return NeedMore{length};
  StartupMessage message;
  message.major = static_cast<std::uint16_t>(version >> 16);
  message.minor = static_cast<std::uint16_t>(version & 0xffff);
  std::string_view rest = as_text(received.subspan(8, length - 8));
  const auto take_string = [&rest]() -> std::optional<std::string_view> {
    const auto end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return text;
  };
  while (true) {
    const auto name = take_string();
    if (!name) return invalid("the StartupMessage does not end with a zero byte");
    if (name->empty()) break;
    const auto value = take_string();
    if (!value) {
      return invalid(fmt::format("the StartupMessage's parameter \"{}\" has no value", printable(*name)));
    }
    message.parameters.emplace_back(*name, *value);
  }
  if (!rest.empty()) {
    return invalid(fmt::format("the StartupMessage has {} bytes after its end", rest.size()));
  }
  return FirstPacket{std::move(message), length};
}

bool has_plausible_length(Bytes received) {
  if (received.size() < 4) return false;
  const std::uint32_t length = read_u32(received);
  return length >= startup_packet_min && length <= startup_packet_max;
}

void append_string(std::string& out, std::string_view text) {
  out += text.substr(0, text.find('\0'));
  out.push_back('\0');
}

std::string build_request(std::uint32_t code) {
  std::string packet;
  append_u32(packet, 8);
  append_u32(packet, code);
  return packet;
}

}  // namespace

std::optional<std::string_view> StartupMessage::parameter(std::string_view name) const {
  const auto found = std::find_if(parameters.rbegin(), parameters.rend(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  if (found == parameters.rend()) return std::nullopt;
  return found->second;
}

std::string_view StartupMessage::database() const {
  const auto database = parameter("database");
  if (database && !database->empty()) return *database;
  return parameter("user").value_or(std::string_view{});
}

Parsed<FirstPacket> parse_first_packet(Bytes received) {
  if (!received.empty() && received[0] == tls_handshake) return parse_client_hello(received);
  if (received.size() < 4) return NeedMore{4};
  if (const Stranger* stranger = stranger_of(received)) return describe(*stranger, received);
  const std::uint32_t length = read_u32(received);
  if (!has_plausible_length(received)) return wrong_length(length, received);
  if (received.size() < 8) return NeedMore{8};

  const std::uint32_t code = read_u32(received.subspan(4));
  if (code == ssl_code || code == gss_code) {
    if (length != 8) {
      return invalid(fmt::format("{} of {} bytes, expected 8",
                                 code == ssl_code ? "an SSLRequest" : "a GSSENCRequest", length));
    }
    if (code == ssl_code) return FirstPacket{SslRequest{}, 8};
    return FirstPacket{GssEncRequest{}, 8};
  }
  if (code == cancel_code) return parse_cancel(received, length);
  if (code >> 16 == request_major) {
    return invalid(fmt::format("unknown request code {}.{}", request_major, code & 0xffff));
  }
  if (code >> 16 != 3) {
    return invalid(fmt::format("unsupported frontend protocol {}.{}: only 3.x is spoken here", code >> 16,
                               code & 0xffff));
  }
  return parse_startup_message(received, length, code);
}

std::string refusal_of(Bytes received, const Error& error) {
  if (const Stranger* stranger = stranger_of(received)) {
    if (stranger->kind != Stranger::Kind::http) return {};
    return fmt::format(
        "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        "Content-Length: {}\r\n\r\n{}\n",
        error.message.size() + 1, error.message);
  }
  // A length just above the limit can still be PostgreSQL's (a very long "options"); its first byte is 0.
  if (received.size() < 4 || received[0] != std::byte{0}) return {};
  if (!has_plausible_length(received) || received.size() < 8) return build_fatal("08P01", error.message);
  const std::uint32_t major = read_u32(received.subspan(4)) >> 16;
  if (major < 3) return build_old_error(error.message);
  return build_fatal(major == 3 || major == request_major ? "08P01" : "0A000", error.message);
}

std::string build_ssl_request() {
  return build_request(ssl_code);
}

std::string build_gss_enc_request() {
  return build_request(gss_code);
}

std::string build_cancel_request(const CancelRequest& request) {
  assert(request.key.size() >= cancel_key_min && request.key.size() <= cancel_key_max);
  std::string packet;
  append_u32(packet, static_cast<std::uint32_t>(cancel_header + request.key.size()));
  append_u32(packet, cancel_code);
  append_u32(packet, request.pid);
  packet += request.key;
  return packet;
}

std::string build_startup_message(const StartupMessage& message) {
  std::string body;
  append_u16(body, message.major);
  append_u16(body, message.minor);
  for (const auto& [name, value] : message.parameters) {
    append_string(body, name);
    append_string(body, value);
  }
  body.push_back('\0');
  std::string packet;
  append_u32(packet, static_cast<std::uint32_t>(body.size() + 4));
  return packet + body;
}

}  // namespace tamada::postgres
