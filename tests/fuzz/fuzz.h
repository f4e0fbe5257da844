// Shared by the fuzzers. A fuzzer feeds one parser and states what must hold for every input; a corpus of
// seeds lies in corpus/NAME (made by make_corpus.py, plus what earlier finds are worth keeping).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

namespace tamada::fuzz {

inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// For the parsers of common/postgres and common/net, which are given everything received so far: of every
// cut, an answer given early is the answer to the whole, and NeedMore asks for more than there was and for no
// more than `limit`.
template <class T, class Parse>
T expect_same_at_every_cut(std::span<const std::byte> input, std::size_t limit, Parse parse) {
  const T whole = parse(input);
  // Long inputs are cut at fewer places, or each run would take quadratic time.
  const std::size_t step = 1 + input.size() / 64;
  for (std::size_t size = 0; size < input.size(); size += step) {
    const T part = parse(input.first(size));
    if (part.index() == 0) {
      expect(std::get<0>(part).total > size, "NeedMore asks for more than was given");
      expect(std::get<0>(part).total <= limit, "NeedMore stays within the limit");
      continue;
    }
    expect(part.index() == whole.index(), "an early answer is the final one");
    if constexpr (requires { std::get<1>(part) == std::get<1>(whole); }) {
      if (part.index() == 1)
        expect(std::get<1>(part) == std::get<1>(whole), "an early value is the final one");
    }
  }
  return whole;
}

}  // namespace tamada::fuzz
