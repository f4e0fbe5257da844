// PasswordChecker: users and their passwords, as the configuration names them. A hash is made to be slow, so
// it is computed on a side thread; what was right once is remembered.
//
// A user that does not exist takes as long as one with a wrong password. One hash is computed at a time; who
// is next, and who has to give way (busy) when too many ask, http::CheckQueue says. The same credentials from
// the same source are computed once for all that wait for them. Loop thread only; the loop must outlive it.
// After destruction no callback comes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/http/auth/check_queue.h"
#include "common/http/auth/password_hash.h"
#include "common/http/auth/source_book.h"
#include "common/loop/loop.h"
#include "common/loop/side_thread.h"
#include "router/config/router_config.h"

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
  // `source`: the network that it comes from, and how that stands. `then` comes later, never from inside the
  // call, except for busy, which somebody who waits may also get from inside another's call.
  using Then = std::function<void(Outcome)>;
  void check(const std::string& user, const std::string& password, const std::string& source,
             http::Standing standing, Then then);

  // Who sends what another one of the same network sent already waits for the same check; so many of them.
  static constexpr std::size_t joined_max = 32;

 private:
  struct Check {
    std::string user;
    std::string password;
    std::string source;
    std::vector<Then> then;
  };
  struct Secret {
    std::string hash;   // crypt(3)'s
    std::string plain;  // instead of it: `admin_password`
    bool operator==(const Secret&) const = default;
  };

  void begin_next();
  void finish(const Check& check, const std::string& hash, bool right);
  [[nodiscard]] std::string some_hash() const;

  std::map<std::string, Secret> users_;
  http::VerifiedCache verified_;
  http::CheckQueue queue_;
  std::map<std::uint64_t, Check> checks_;  // by ticket: those that wait, and the one that runs
  std::uint64_t last_ticket_ = 0;
  std::optional<std::uint64_t> running_;
  loop::SideThread side_;  // the last member: gone first, with its jobs
};

}  // namespace tamada::router
