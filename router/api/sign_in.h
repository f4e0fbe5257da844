// SignIn: who sends a request, by cookie or by Basic credentials, and who may change something.
//
// A person signs in through the page: a cookie (HttpOnly, SameSite=Strict) carries a random token, and each
// changing request must also carry the session's second token in X-Tamada-CSRF, which only our page knows.
// Programs send Basic credentials with each request; those that were right are remembered (as keyed digests),
// so that a scrape does not cost a key derivation. Whoever sends wrong ones is slowed down, by network and
// user; when more is asked than can be checked, those are turned away first from whose network trouble came.
//
// Passwords are checked on a side thread; answers may come later, on this thread. The cookie is named after
// the port: browsers keep one jar for all ports of a host. Statistics thread; the loop must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/address.h"
#include "common/http/auth/failure_limiter.h"
#include "common/http/auth/source_book.h"
#include "common/http/message.h"
#include "common/loop/loop.h"
#include "router/api/login_sessions.h"
#include "router/api/password_checker.h"
#include "router/config/router_config.h"

namespace tamada::router {

// Where a request came in.
struct Caller {
  Address peer;
  std::uint16_t port = 0;  // ours
  bool tls = false;
};

struct Identity {
  enum class Kind {
    nobody,  // sent no credentials, or a cookie that is (no longer) none
    known,   // `user`
    wrong,   // credentials that are none
    slowed,  // too many wrong ones: not checked; `wait` tells when again
    busy,    // too many passwords are being checked
  };
  Kind kind = Kind::nobody;
  std::string user;
  std::string csrf;  // of a cookie's session; empty with Basic credentials
  Duration wait{};
};

class SignIn {
 public:
  explicit SignIn(loop::Loop& loop) : checker_(loop) {}
  SignIn(const SignIn&) = delete;
  SignIn& operator=(const SignIn&) = delete;

  // Ends the sessions of users that are gone or have another password.
  void configure(const StatsConfig& config);
  // Is there anybody who could sign in?
  [[nodiscard]] bool has_users() const { return checker_.has_users(); }

  using Then = std::function<void(const Identity&)>;
  // `then` comes at once for cookies and for what is remembered.
  void identify(const http::Request& request, const Caller& caller, Then then);
  // The same without Basic credentials: what the page itself is told of who is signed in.
  [[nodiscard]] Identity by_cookie(const http::Request& request, const Caller& caller);

  // Checks the password; a right one opens a session, whose cookie `then` gets.
  using Signed = std::function<void(const Identity& identity, const std::string& set_cookie)>;
  void sign_in(const std::string& user, const std::string& password, const Caller& caller, Signed then);
  // Ends the session of this request; returns the Set-Cookie that forgets it.
  [[nodiscard]] std::string sign_out(const http::Request& request, const Caller& caller);

 private:
  void check(const std::string& user, const std::string& password, const Caller& caller, Then then);

  PasswordChecker checker_;
  LoginSessions book_;
  http::FailureLimiter limiter_;
  http::SourceBook sources_;
};

// The value of the cookie `name` in a request; several Cookie fields count as one. Pure.
[[nodiscard]] std::optional<std::string> cookie_of(const http::Request& request, const std::string& name);

}  // namespace tamada::router
