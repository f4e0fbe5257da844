#include "router/api/password_checker.h"

#include <memory>
#include <utility>

#include "common/http/auth/basic_credentials.h"
#include "common/http/auth/password_hash.h"

namespace tamada::router {

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
  return secret.hash.empty() ? http::same_password(password, secret.plain)
                             : verified_.knows(password, secret.hash);
}

void PasswordChecker::check(const std::string& user, const std::string& password, const std::string& source,
                            http::Standing standing, Then then) {
  for (auto& [ticket, check] : checks_) {
    if (check.user == user && check.source == source && check.password == password) {
      if (check.then.size() >= joined_max) return then(Outcome::busy);
      return check.then.push_back(std::move(then));
    }
  }
  const std::uint64_t ticket = ++last_ticket_;
  checks_[ticket] = {user, password, source, {std::move(then)}};
  const auto gives_way = queue_.add({ticket, has_user(user) ? user : std::string(), source, standing});
  if (gives_way) {
    const Check turned_away = std::move(checks_.extract(*gives_way).mapped());
    for (const Then& each : turned_away.then) each(Outcome::busy);
  }
  begin_next();
}

void PasswordChecker::begin_next() {
  if (running_) return;
  running_ = queue_.take();
  if (!running_) return;
  const Check& check = checks_.at(*running_);
  const auto found = users_.find(check.user);
  const bool exists = found != users_.end() && !found->second.hash.empty();
  const std::string hash = exists ? found->second.hash : some_hash();
  const auto right = std::make_shared<bool>(false);
  side_.run([right, password = check.password, hash] { *right = http::verify_password(password, hash); },
            [this, right, exists, hash] {
              const Check done = std::move(checks_.extract(*std::exchange(running_, std::nullopt)).mapped());
              finish(done, hash, *right && exists);
              begin_next();
            });
}

void PasswordChecker::finish(const Check& check, const std::string& hash, bool right) {
  // The configuration may have changed meanwhile.
  const auto now = users_.find(check.user);
  const bool counts = right && now != users_.end() && now->second.hash == hash;
  if (counts) verified_.remember(check.password, hash);
  for (const Then& each : check.then) each(counts ? Outcome::right : Outcome::wrong);
}

// The work of a known name, for a name that is none.
std::string PasswordChecker::some_hash() const {
  for (const auto& [name, secret] : users_) {
    if (!secret.hash.empty()) return secret.hash;
  }
  return {};
}

}  // namespace tamada::router
