// For parsers of incomplete input: the same answer however the bytes are cut.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include "common/base/bytes.h"

namespace tamada {

// `whole` is one complete value for `parse`. Every shorter piece asks for more, for no more than there is,
// and bytes behind it change nothing. Returns the value.
template <class T, class Parse>
T value_at_every_cut(std::string_view whole, Parse parse) {
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("cut after " << size << " of " << whole.size() << " bytes");
    const Parsed<T> parsed = parse(as_bytes(whole.substr(0, size)));
    const auto* more = std::get_if<NeedMore>(&parsed);
    REQUIRE(more != nullptr);
    CHECK(more->total > size);
    CHECK(more->total <= whole.size());
  }
  const Parsed<T> parsed = parse(as_bytes(whole));
  const auto* error = std::get_if<Error>(&parsed);
  INFO((error != nullptr ? error->message : std::string()));
  REQUIRE(std::holds_alternative<T>(parsed));
  const std::string longer = std::string(whole) + std::string("\0Q\xff", 3);
  REQUIRE(std::holds_alternative<T>(parse(as_bytes(longer))));
  return std::get<T>(parsed);
}

// The error of wrong input, and that it is found in its first `known_from` bytes, not before, and stays.
template <class T, class Parse>
Error error_from(std::string_view input, std::size_t known_from, Parse parse) {
  for (std::size_t size = 0; size < input.size(); ++size) {
    INFO("cut after " << size << " of " << input.size() << " bytes");
    CHECK(std::holds_alternative<NeedMore>(parse(as_bytes(input.substr(0, size)))) == (size < known_from));
  }
  const Parsed<T> parsed = parse(as_bytes(input));
  REQUIRE(std::holds_alternative<Error>(parsed));
  return std::get<Error>(parsed);
}

}  // namespace tamada
