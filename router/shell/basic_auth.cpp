#include "router/shell/basic_auth.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <string>

#include "common/http/base64.h"
#include "common/http/header.h"

namespace tamada::router {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

// Compared as digests, so that not even the length can be told from the time it takes.
Digest digest(std::string_view text) {
  Digest result{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data());
  return result;
}

}  // namespace

Access check_access(const StatsConfig& config, std::optional<std::string_view> authorization) {
  if (config.admin_user.empty() || config.admin_password.empty()) return Access::closed;
  if (!authorization) return Access::unnamed;
  constexpr std::string_view scheme = "Basic ";
  if (authorization->size() < scheme.size() ||
      !http::equals_ignoring_case(authorization->substr(0, scheme.size()), scheme)) {
    return Access::refused;
  }
  const auto given = http::base64_decode(authorization->substr(scheme.size()));
  if (!given) return Access::refused;
  const Digest expected = digest(config.admin_user + ":" + config.admin_password);
  const Digest found = digest(*given);
  return CRYPTO_memcmp(expected.data(), found.data(), expected.size()) == 0 ? Access::granted
                                                                            : Access::refused;
}

}  // namespace tamada::router
