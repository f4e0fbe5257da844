#include "router/api/login_sessions.h"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <vector>

namespace tamada::router {
namespace {

constexpr std::size_t token_bytes = 32;

// Looked up by its digest: how far a guess agrees with a token cannot be told from the time it takes.
std::string digest_of(std::string_view token) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string random_token(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  // A machine without randomness must not hand out tokens that can be guessed.
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) std::abort();
  std::string text;
  text.reserve(2 * bytes);
  for (const unsigned char byte : random) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

std::string LoginSessions::open(const std::string& user, TimePoint now) {
  if (entries_.size() >= sessions_max) {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second.used < b.second.used;
    }));
  }
  std::string token = random_token(token_bytes);
  entries_[digest_of(token)] = {user, random_token(token_bytes), now, now};
  return token;
}

const LoginSessions::Entry* LoginSessions::find(std::string_view token, TimePoint now) {
  const auto found = entries_.find(digest_of(token));
  if (found == entries_.end()) return nullptr;
  if (now - found->second.used > idle_limit || now - found->second.since > whole_limit) {
    entries_.erase(found);
    return nullptr;
  }
  found->second.used = now;
  return &found->second;
}

void LoginSessions::close(std::string_view token) {
  entries_.erase(digest_of(token));
}

void LoginSessions::keep_only(const std::set<std::string>& users) {
  std::erase_if(entries_, [&](const auto& entry) { return !users.contains(entry.second.user); });
}

}  // namespace tamada::router
