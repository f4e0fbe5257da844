#include "common/http/auth/basic_credentials.h"

#include <catch2/catch.hpp>

#include "common/http/message.h"

using namespace tamada::http;

namespace {

Headers with(const std::string& value) {
  return {{"Authorization", value}};
}

}  // namespace

TEST_CASE("Basic credentials are read, the password with its colons", "[basic]") {
  CHECK_FALSE(basic_credentials_of({}));
  CHECK(basic_credentials_of(with(basic_credentials("me", "a:b"))) == BasicCredentials{"me", "a:b"});
  CHECK(basic_credentials_of(with("bAsIc bWU6")) == BasicCredentials{"me", ""});
  CHECK(basic_credentials_of(with("Basic " + std::string("Og=="))) == BasicCredentials{});
}

TEST_CASE("what is there and is no Basic authentication is empty", "[basic]") {
  for (const char* value :
       {"", "Basic", "Basic ", "Bearer bWU6eA==", "Basic ???", "Basic bWU=", "Basicbm86eA=="}) {
    INFO(value);
    CHECK(basic_credentials_of(with(value)) == BasicCredentials{});
  }
}

TEST_CASE("credentials are absent, wrong or right", "[basic]") {
  const BasicCredentials expected{"me", "secret"};
  const auto check = [&](const char* user, const char* password) {
    return check_basic(with(basic_credentials(user, password)), expected);
  };
  CHECK(check_basic({}, expected) == BasicCheck::absent);
  CHECK(check("me", "secret") == BasicCheck::right);
  CHECK(check("me", "secreT") == BasicCheck::wrong);
  CHECK(check("me", "secrets") == BasicCheck::wrong);
  CHECK(check("you", "secret") == BasicCheck::wrong);
  CHECK(check("", "") == BasicCheck::wrong);
  CHECK(check_basic(with("Bearer x"), expected) == BasicCheck::wrong);
  CHECK(basic_challenge("patroni") == "Basic realm=\"patroni\"");
}
