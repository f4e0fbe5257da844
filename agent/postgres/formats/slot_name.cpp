#include "agent/postgres/formats/slot_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.h"

namespace tamada::agent {

namespace {

constexpr std::size_t longest = 63;

char32_t lower_case(char32_t c) {
  if (c >= U'A' && c <= U'Z') return c + 0x20;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;     // Latin-1
  if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 0x20;  // Greek
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;                // Cyrillic
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  return c;
}

bool is_slot_character(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || c == U'_';
}

}  // namespace

std::string slot_name_of_member(std::string_view member) {
  constexpr char32_t replacement = 0xFFFD;
  std::string name;
  while (!member.empty()) {
    const Utf8Char next = read_utf8(member);
    member.remove_prefix(next.length);
    const char32_t c = next.valid ? lower_case(next.code) : replacement;
    if (is_slot_character(c)) {
      name += static_cast<char>(c);
    } else if (c == U'-' || c == U'.') {
      name += '_';
    } else {
      name += fmt::format("u{:04}", static_cast<std::uint32_t>(c));
    }
  }
  return name.substr(0, longest);
}

bool is_slot_name(std::string_view name) {
  return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), [](char c) {
    return is_slot_character(static_cast<unsigned char>(c));
  });
}

}  // namespace tamada::agent
