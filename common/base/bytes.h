// What every parser of this folder shares: bytes as they come from a socket, and the three answers a parser
// of incomplete input can give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"

namespace tamada {

// Bytes owned by somebody else, valid during the call they are given to.
using Bytes = std::span<const std::byte>;

// The input is right so far but not complete. `total` counts from the first byte of the input: call again
// with at least that many (always more than were given). It never exceeds the parser's own limit, so it may
// be trusted as the size of a buffer.
struct NeedMore {
  std::size_t total = 0;
  bool operator==(const NeedMore&) const = default;
};

// The three answers. Parsers keep no state: they are given everything received so far each time, and once
// they answered with a value or an Error, more bytes at the end change nothing.
template <class T>
using Parsed = std::variant<NeedMore, T, Error>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Numbers in network order. The reader's caller has checked that there are enough bytes.
[[nodiscard]] std::uint16_t read_u16(Bytes bytes);
[[nodiscard]] std::uint32_t read_u32(Bytes bytes);
void append_u16(std::string& out, std::uint16_t value);
void append_u32(std::string& out, std::uint32_t value);

// Foreign bytes for an error message: printable ASCII as it is, anything else as \xNN, at most `limit` bytes
// and then "...". The result is one line and safe in a log.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 60);

}  // namespace tamada
