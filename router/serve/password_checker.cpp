#include "router/serve/password_checker.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <memory>
#include <utility>

#include "router/serve/password_hash.h"

namespace tamada::router {
namespace {

// Compared as digests, so that not even the length can be told from the time it takes.
bool same_secret(const std::string& a, const std::string& b) {
  const auto digest = [](const std::string& text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> result{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data());
    return result;
  };
  const auto first = digest(a);
  const auto second = digest(b);
  return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

}  // namespace

std::set<std::string> PasswordChecker::configure(const StatsConfig& config) {
  const std::map<std::string, Secret> before = std::exchange(users_, {});
  for (const auto* list : {&config.users, &config.file_users}) {
    for (const StatsUser& user : *list) users_.emplace(user.name, Secret{user.hash, {}});
  }
  if (!config.admin_user.empty() && !config.admin_password.empty()) {
    users_.emplace(config.admin_user, Secret{{}, config.admin_password});
  }
  std::set<std::string> same;
  for (const auto& [name, secret] : before) {
    const auto now = users_.find(name);
    if (now != users_.end() && now->second == secret) same.insert(name);
  }
  return same;
}

bool PasswordChecker::remembers(const std::string& user, const std::string& password) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return false;
  const Secret& secret = found->second;
  return secret.hash.empty() ? same_secret(password, secret.plain) : verified_.knows(password, secret.hash);
}

void PasswordChecker::check(const std::string& user, const std::string& password,
                            std::function<void(Outcome)> then) {
  if (waiting_ >= waiting_max) return then(Outcome::busy);
  ++waiting_;
  const auto found = users_.find(user);
  const bool exists = found != users_.end() && !found->second.hash.empty();
  const std::string hash = exists ? found->second.hash : some_hash();
  const auto right = std::make_shared<bool>(false);
  side_.run([right, password, hash] { *right = verify_password(password, hash); },
            [this, right, exists, user, password, hash, then = std::move(then)] {
              --waiting_;
              // The configuration may have changed meanwhile.
              const auto now = users_.find(user);
              const bool counts = *right && exists && now != users_.end() && now->second.hash == hash;
              if (counts) verified_.remember(password, hash);
              then(counts ? Outcome::right : Outcome::wrong);
            });
}

// The work of a known name, for a name that is none.
std::string PasswordChecker::some_hash() const {
  for (const auto& [name, secret] : users_) {
    if (!secret.hash.empty()) return secret.hash;
  }
  return {};
}

}  // namespace tamada::router
