// The kinds of values that settings of any program have: from the text a person wrote to the C++ value, and
// back.
//
// Each parse_... answers with an Error whose message quotes what was found and says what was expected. The
// message is for the end of "file:line:column: path: ".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace tamada {

// Without the white space around it: blanks, tabs, line ends.
std::string_view trimmed(std::string_view text);

// At commas and line ends; without the white space around the parts; empty parts are left out.
std::vector<std::string> split_list(std::string_view text);

// Why no setting takes this text (too long, a control character, not UTF-8), or nothing. A log line or an
// HTTP header must not get a control character from a configuration.
std::string_view refused_text(std::string_view text);

Result<bool> parse_switch(std::string_view text);  // true false on off yes no
Result<std::uint32_t> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most);
Result<Duration> parse_span(std::string_view text, Duration least, Duration most, bool may_be_off);

// An address to listen on: an IP address (or * for all) and a port.
Result<HostPort> parse_bind(std::string_view text);

// A value that has a word: `std::array<Word<Balance>, 2>{{{"random", Balance::random}, ...}}`.
template <class Enum>
struct Word {
  std::string_view text;
  Enum value;
};

// `"laeder": expected leader or none (did you mean "leader"?)`
Error unknown_word(std::string_view text, std::span<const std::string_view> known);

template <class Enum, std::size_t n>
Result<Enum> parse_word(std::string_view text, const std::array<Word<Enum>, n>& words) {
  std::array<std::string_view, n> known;
  for (std::size_t i = 0; i < n; ++i) {
    if (words[i].text == text) return words[i].value;
    known[i] = words[i].text;
  }
  return tl::make_unexpected(unknown_word(text, known));
}

template <class Enum, std::size_t n>
std::string format_word(Enum value, const std::array<Word<Enum>, n>& words) {
  for (const auto& word : words) {
    if (word.value == value) return std::string(word.text);
  }
  return {};
}

// "a", "b" or "c"
std::string listed(std::span<const std::string_view> words);

// ` (did you mean "x"?)`, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

// The text as YAML: plain where that is safe, else in double quotes.
std::string as_yaml(std::string_view text);

}  // namespace tamada
