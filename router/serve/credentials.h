// Credentials: who may sign in, by the configuration: `stats.users`, `stats.users_file` and
// `stats.admin_user`.
//
// One thread. A wrong name takes as long as a wrong password, so that names cannot be guessed by the clock.
// It does not limit how often somebody tries: FailureLimiter does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "router/config/router_config.h"
#include "router/serve/password_hash.h"

namespace tamada::router {

class Credentials {
 public:
  Credentials() = default;  // nobody

  // From now on these. Passwords that were right stay known where their hash has not changed.
  void configure(const StatsConfig& config);

  // Is anybody configured at all?
  [[nodiscard]] bool any() const { return !users_.empty() || !admin_user_.empty(); }
  // May take as long as a hash takes; at once for what was right before.
  [[nodiscard]] bool check(std::string_view user, std::string_view password);

 private:
  std::vector<StatsUser> users_;
  std::string admin_user_;
  std::string admin_password_;
  VerifiedCache verified_;
};

}  // namespace tamada::router
