#include "common/http/auth/source_book.h"

#include <catch2/catch.hpp>

namespace tamada::http {
namespace {

constexpr TimePoint start{1000s};

TEST_CASE("a source is believed by what came from it last", "[source_book]") {
  SourceBook book;
  CHECK(book.of("a", start) == Standing::unknown);
  book.trouble("a", start);
  CHECK(book.of("a", start) == Standing::troublesome);
  CHECK(book.of("a", start + SourceBook::trouble_lasts) == Standing::unknown);
  book.right("a", start);
  CHECK(book.of("a", start) == Standing::trusted);
  CHECK(book.of("a", start + SourceBook::trust_lasts) == Standing::unknown);
  CHECK(book.of("b", start) == Standing::unknown);
}

TEST_CASE("a slip takes no trust away, guessing does", "[source_book]") {
  SourceBook book;
  book.right("a", start);
  for (std::uint32_t i = 1; i < SourceBook::trust_ends_at; ++i) book.trouble("a", start);
  CHECK(book.of("a", start) == Standing::trusted);
  book.right("a", start);
  for (std::uint32_t i = 1; i < SourceBook::trust_ends_at; ++i) book.trouble("a", start);
  CHECK(book.of("a", start) == Standing::trusted);
  book.trouble("a", start);
  CHECK(book.of("a", start) == Standing::troublesome);
}

TEST_CASE("a crowd of guessers fills no memory and makes no trusted source forgotten", "[source_book]") {
  SourceBook book;
  book.right("honest", start);
  for (std::size_t i = 0; i < 2 * SourceBook::troublesome_max; ++i) book.trouble(std::to_string(i), start);
  CHECK(book.of("honest", start) == Standing::trusted);
  CHECK(book.of("0", start) == Standing::unknown);  // forgotten
  CHECK(book.of(std::to_string(2 * SourceBook::troublesome_max - 1), start) == Standing::troublesome);
  for (std::size_t i = 0; i < SourceBook::trusted_max; ++i) book.right("r" + std::to_string(i), start);
  CHECK(book.of("honest", start) == Standing::unknown);
}

}  // namespace
}  // namespace tamada::http
