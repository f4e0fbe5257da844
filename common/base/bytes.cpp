#include "common/base/bytes.h"

#include <fmt/format.h>

namespace tamada {

namespace {

std::uint32_t read_big_endian(Bytes bytes, std::size_t size) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.first(size)) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

}  // namespace

std::uint16_t read_u16(Bytes bytes) {
  return static_cast<std::uint16_t>(read_big_endian(bytes, 2));
}

std::uint32_t read_u32(Bytes bytes) {
  return read_big_endian(bytes, 4);
}

void append_u16(std::string& out, std::uint16_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value & 0xff));
}

void append_u32(std::string& out, std::uint32_t value) {
  append_u16(out, static_cast<std::uint16_t>(value >> 16));
  append_u16(out, static_cast<std::uint16_t>(value & 0xffff));
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  for (const char c : text.substr(0, limit)) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code < 0x7f && c != '\\') {
      result.push_back(c);
    } else {
      result += fmt::format("\\x{:02x}", code);
    }
  }
  if (text.size() > limit) result += "...";
  return result;
}

}  // namespace tamada
