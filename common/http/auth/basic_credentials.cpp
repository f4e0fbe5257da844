#include "common/http/auth/basic_credentials.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <cassert>

#include "common/base/base64.h"
#include "common/base/secret.h"

namespace tamada::http {

std::optional<BasicCredentials> basic_credentials_of(const Headers& headers) {
  const auto field = headers.find("Authorization");
  if (!field) return std::nullopt;
  constexpr std::string_view scheme = "Basic ";
  if (!equals_ignoring_case(field->substr(0, scheme.size()), scheme)) return BasicCredentials{};
  const auto decoded = base64_decode(field->substr(scheme.size()));
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return BasicCredentials{};
  return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

bool same_password(std::string_view a, std::string_view b) {
  const auto digest = [](std::string_view text) {
    std::string result(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(result.data()));
    return result;
  };
  return same_secret(digest(a), digest(b));
}

BasicCheck check_basic(const Headers& headers, const BasicCredentials& expected) {
  const auto shown = basic_credentials_of(headers);
  if (!shown) return BasicCheck::absent;
  // Both are compared in any case: a known user shall take no longer than an unknown one.
  const bool right_user = same_password(shown->user, expected.user);
  const bool right_password = same_password(shown->password, expected.password);
  return right_user && right_password ? BasicCheck::right : BasicCheck::wrong;
}

std::string basic_challenge(std::string_view realm) {
  assert(realm.find_first_of("\"\\") == std::string_view::npos);
  return fmt::format("Basic realm=\"{}\"", realm);
}

}  // namespace tamada::http
