#include "common/base/base64.h"

#include <catch2/catch.hpp>

using namespace tamada;

TEST_CASE("base64 gives the examples of RFC 4648 both ways", "[base64]") {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [plain, encoded] : examples) {
    CHECK(base64_encode(plain) == encoded);
    CHECK(base64_decode(encoded).value() == plain);
  }
}

TEST_CASE("base64 keeps every byte, also NUL", "[base64]") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string part = bytes.substr(0, length);
    CHECK(base64_decode(base64_encode(part)).value() == part);
  }
}

TEST_CASE("base64 that is not exact is refused", "[base64]") {
  CHECK(base64_decode("Zm9").error().message == "base64 of 3 letters; expected a multiple of four");
  CHECK(base64_decode("Zm 9").error().message == "not a base64 letter at position 3");
  CHECK(base64_decode("Zm_9").error().message == "not a base64 letter at position 3");
  CHECK(base64_decode("Z===").error().message == "not a base64 letter at position 2");
  CHECK(base64_decode("Zg==Zg==").error().message == "not a base64 letter at position 3");
  CHECK(base64_decode("Zh==").error().message == "base64 with bits set behind its end");
}
