// The first packets of a PostgreSQL client, before any message with a type byte (PostgreSQL manual, "Message
// Formats"; direct TLS: protocol flow "SSL Session Encryption", PostgreSQL 17).
//
// A client sends SSLRequest and/or GSSENCRequest, each answered with one byte, then StartupMessage; or only a
// CancelRequest; or a TLS ClientHello at once (sslnegotiation=direct). Every packet but the last kind begins
// with its own length in four bytes, so a wrong length is known, and refused, from the fourth byte on:
// nothing of it is ever kept. What is not PostgreSQL at all (HTTP, SSH, a PROXY header nobody expects) is
// named as such.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "common/base/bytes.h"

namespace tamada::postgres {

// The server reads the length, takes its own four bytes off and then compares with MAX_STARTUP_PACKET_LENGTH
// (10000): a packet of 10004 bytes still passes there, so it does here.
inline constexpr std::size_t startup_packet_min = 8;
inline constexpr std::size_t startup_packet_max = 10004;
// Protocol 3.0 has keys of 4 bytes, 3.2 of 4 to 256.
inline constexpr std::size_t cancel_key_min = 4;
inline constexpr std::size_t cancel_key_max = 256;

struct SslRequest {
  bool operator==(const SslRequest&) const = default;
};

struct GssEncRequest {
  bool operator==(const GssEncRequest&) const = default;
};

// Who is to be cancelled. Also what BackendKeyData tells a client at the session's start. `key` is a secret:
// never log it. Raw bytes, cancel_key_min to cancel_key_max.
struct CancelRequest {
  std::uint32_t pid = 0;
  std::string key;
  bool operator==(const CancelRequest&) const = default;
};

struct StartupMessage {
  std::uint16_t major = 3;  // always 3
  std::uint16_t minor = 0;  // any: the server negotiates unknown ones down
  // Names and values in the client's order and as often as it sent them. "user" may be missing: the
  // server says so best.
  std::vector<std::pair<std::string, std::string>> parameters;

  // The last value given for `name`, as the server takes it; nullopt if none.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
  // "database" or else "user", as the server decides; empty if neither is given.
  [[nodiscard]] std::string_view database() const;
  bool operator==(const StartupMessage&) const = default;
};

// A TLS ClientHello. All of its bytes belong to the server.
struct DirectTls {
  bool operator==(const DirectTls&) const = default;
};

struct FirstPacket {
  std::variant<SslRequest, GssEncRequest, CancelRequest, StartupMessage, DirectTls> packet;
  std::size_t size = 0;  // bytes of the input it takes up; 0 for DirectTls, of which nothing is taken

  template <class T>
  [[nodiscard]] const T* get() const {
    return std::get_if<T>(&packet);
  }
  bool operator==(const FirstPacket&) const = default;
};

// Errors (kind invalid; too_large for a length above the limit) are sentences for a log and, where the peer
// can understand it, for the client. They quote at most a few of the received bytes, never a key.
[[nodiscard]] Parsed<FirstPacket> parse_first_packet(Bytes received);

// What to send, before closing, to a peer whose first bytes gave this error: a FATAL ErrorResponse for
// a PostgreSQL client (in the old form below protocol 3), a small "400 Bad Request" for an HTTP client,
// nothing (empty) for anything else, which would not understand it.
[[nodiscard]] std::string refusal_of(Bytes received, const Error& error);

// Builders; the result is the whole packet.
[[nodiscard]] std::string build_ssl_request();
[[nodiscard]] std::string build_gss_enc_request();
[[nodiscard]] std::string build_cancel_request(const CancelRequest& request);
[[nodiscard]] std::string build_startup_message(const StartupMessage& message);

}  // namespace tamada::postgres
