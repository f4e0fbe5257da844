// LoginSessions: who is signed in through the page. A cookie carries a random token; the book knows its
// digest, the user, and the token that each changing request must send besides (against cross-site requests).
// Lives as long as the process: a restart signs everybody out.
//
// Bounded: past `sessions_max` the one that was used longest ago is signed out. One thread; time is handed
// in.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace tamada::router {

class LoginSessions {
 public:
  struct Entry {
    std::string user;
    std::string csrf;  // what X-Tamada-CSRF must say
    TimePoint since;
    TimePoint used;
  };

  // A new session; returns the token for the cookie (64 hexadecimal digits).
  [[nodiscard]] std::string open(const std::string& user, TimePoint now);
  // Null if there is none, or it ran out. Counts as use. Valid until the next call.
  [[nodiscard]] const Entry* find(std::string_view token, TimePoint now);
  void close(std::string_view token);
  // Ends the sessions of everybody else: of users that are gone or have another password.
  void keep_only(const std::set<std::string>& users);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  static constexpr std::size_t sessions_max = 256;
  static constexpr Duration idle_limit = std::chrono::hours(8);
  static constexpr Duration whole_limit = std::chrono::hours(24);

 private:
  std::map<std::string, Entry, std::less<>> entries_;  // by the token's digest
};

// `bytes` random bytes as hexadecimal digits.
[[nodiscard]] std::string random_token(std::size_t bytes);

}  // namespace tamada::router
