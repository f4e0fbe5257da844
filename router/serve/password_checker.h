// PasswordChecker: users and their passwords, as the configuration names them. A hash is made to be slow, so
// it is computed on a side thread; what was right once is remembered.
//
// A user that does not exist takes as long as one with a wrong password. At most `waiting_max` checks wait at
// a time; more are not begun (busy), so that a flood of guesses neither piles up nor delays the page.
// Loop thread only; the loop must outlive it. After destruction no callback comes.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "common/loop/loop.h"
#include "common/loop/side_thread.h"
#include "router/config/router_config.h"
#include "router/serve/password_hash.h"

namespace tamada::router {

class PasswordChecker {
 public:
  enum class Outcome { right, wrong, busy };

  explicit PasswordChecker(loop::Loop& loop) : side_(loop) {}
  PasswordChecker(const PasswordChecker&) = delete;
  PasswordChecker& operator=(const PasswordChecker&) = delete;

  // Returns the users that were there before with the same password.
  std::set<std::string> configure(const StatsConfig& config);
  [[nodiscard]] bool has_users() const { return !users_.empty(); }
  [[nodiscard]] bool has_user(const std::string& user) const { return users_.contains(user); }

  // Known to be right without being computed again.
  [[nodiscard]] bool remembers(const std::string& user, const std::string& password) const;
  // `then` comes later, never from inside the call, except for busy.
  void check(const std::string& user, const std::string& password, std::function<void(Outcome)> then);

  static constexpr std::size_t waiting_max = 8;

 private:
  struct Secret {
    std::string hash;   // crypt(3)'s
    std::string plain;  // instead of it: `admin_password`
    bool operator==(const Secret&) const = default;
  };

  [[nodiscard]] std::string some_hash() const;

  std::map<std::string, Secret> users_;
  VerifiedCache verified_;
  std::size_t waiting_ = 0;
  loop::SideThread side_;  // the last member: gone first, with its jobs
};

}  // namespace tamada::router
