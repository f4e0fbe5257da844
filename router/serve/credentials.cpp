#include "router/serve/credentials.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace tamada::router {

namespace {

// Compared as digests, so that not even the length can be told from the time it takes.
bool same_secret(std::string_view a, std::string_view b) {
  const auto digest = [](std::string_view text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> result{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data());
    return result;
  };
  const auto first = digest(a);
  const auto second = digest(b);
  return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

}  // namespace

void Credentials::configure(const StatsConfig& config) {
  users_ = config.users;
  users_.insert(users_.end(), config.file_users.begin(), config.file_users.end());
  admin_user_ = config.admin_user;
  admin_password_ = config.admin_password;
}

bool Credentials::check(std::string_view user, std::string_view password) {
  const bool is_admin = !admin_user_.empty() && !admin_password_.empty() && user == admin_user_;
  const bool right = same_secret(password, admin_password_);
  if (is_admin && right) return true;
  const auto found =
      std::find_if(users_.begin(), users_.end(), [&](const StatsUser& each) { return each.name == user; });
  if (found != users_.end()) return verified_.verify(password, found->hash);
  // The work of a known name, for nothing.
  if (!users_.empty()) static_cast<void>(verify_password(password, users_.front().hash));
  return false;
}

}  // namespace tamada::router
