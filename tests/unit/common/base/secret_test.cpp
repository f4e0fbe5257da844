#include "common/base/secret.h"

#include <catch2/catch.hpp>

#include <string>

using namespace tamada;

TEST_CASE("secrets are the same where every byte is", "[secret]") {
  CHECK(same_secret("", ""));
  CHECK(same_secret("abc", "abc"));
  CHECK(same_secret(std::string("a\0c", 3), std::string("a\0c", 3)));
  for (const char* other : {"", "ab", "abcd", "Abc", "aBc", "abC"}) {
    INFO(other);
    CHECK_FALSE(same_secret("abc", other));
  }
  CHECK_FALSE(same_secret(std::string("a\0c", 3), std::string("a\0d", 3)));
}
