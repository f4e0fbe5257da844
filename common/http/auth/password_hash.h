// Passwords against the hashes of the configuration, by crypt(3).
//
// A hash is slow on purpose (a bcrypt of cost 12 takes a quarter of a second), and who sends Basic
// credentials sends them with each request: a scraper would cost a hash every few seconds. So what was right
// once is remembered, as a keyed digest that is worth nothing outside this process.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace tamada::http {

// Does the password belong to the hash (stats_user.h says which kinds there are)? As long for a wrong first
// letter as for a wrong last one. A password that crypt(3) cannot take (with a NUL in it, longer than 511
// bytes) and a hash that it does not know belong to nothing. Takes as long as the hash asks for.
[[nodiscard]] bool verify_password(std::string_view password, const std::string& hash);

// Remembers which passwords were right. The hash is part of what is remembered, so one that was changed in
// the configuration is forgotten by itself. One thread.
class VerifiedCache {
 public:
  VerifiedCache();  // with a random key

  // Were these two right before? As long for a no as for a yes.
  [[nodiscard]] bool knows(std::string_view password, std::string_view hash) const;
  // verify_password() has said yes.
  void remember(std::string_view password, std::string_view hash);

  static constexpr std::size_t most = 64;  // then the oldest is forgotten
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  using Digest = std::array<unsigned char, 32>;
  [[nodiscard]] Digest digest(std::string_view password, std::string_view hash) const;

  Digest key_{};
  std::deque<Digest> known_;
};

}  // namespace tamada::http
