// UTF-8 read one character at a time from bytes that nobody has checked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tamada {

struct Utf8Char {
  char32_t code = 0;
  std::size_t length = 1;  // bytes taken; 1 for a byte that begins no valid character
  bool valid = false;      // false for broken, overlong and surrogate sequences and beyond U+10FFFF
};

// The character that begins at `bytes[0]`; `bytes` must not be empty.
Utf8Char read_utf8(std::string_view bytes);

// Does a terminal or a line reader take this character as a command or as the end of a line? True for the
// C0 and C1 controls, DEL, U+2028, U+2029 and the characters that change the writing direction.
bool is_control(char32_t code);

// Text from outside for people: as it is up to `limit` bytes; a longer one is cut before the character that
// would pass the limit, and says how much is missing (" ... (1399745 bytes more)").
std::string shortened(std::string_view text, std::size_t limit);

}  // namespace tamada
