#include "router/api/sign_in.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "common/http/auth/basic_credentials.h"
#include "common/loop/clock.h"

namespace tamada::router {
namespace {

std::string cookie_name(const Caller& caller) {
  return fmt::format("tamada_{}", caller.port);
}

// RFC 6265bis: Strict keeps it away from requests that other sites cause, HttpOnly from scripts.
std::string set_cookie(const Caller& caller, std::string_view token, Duration lasts) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lasts).count();
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", cookie_name(caller), token,
                     seconds, caller.tls ? "; Secure" : "");
}

// Of IPv6 whoever has one address has the whole /64.
std::string network_of(const Address& peer) {
  std::string network = peer.ip_bytes();
  if (network.size() == 16) network.resize(8);
  return network;
}

}  // namespace

std::optional<std::string> cookie_of(const http::Request& request, const std::string& name) {
  for (const http::Header& field : request.headers) {
    if (!http::equals_ignoring_case(field.name, "Cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      const std::size_t equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
        return std::string(pair.substr(equals + 1));
      }
    }
  }
  return std::nullopt;
}

void SignIn::configure(const StatsConfig& config) {
  book_.keep_only(checker_.configure(config));
}

Identity SignIn::by_cookie(const http::Request& request, const Caller& caller) {
  const auto token = cookie_of(request, cookie_name(caller));
  if (!token) return {};
  const LoginSessions::Entry* entry = book_.find(*token, loop::boot_now());
  if (entry == nullptr) return {};
  return {Identity::Kind::known, entry->user, entry->csrf, {}};
}

void SignIn::identify(const http::Request& request, const Caller& caller, Then then) {
  // The cookie wins: a browser may go on sending Basic credentials that somebody gave it once.
  Identity signed_in = by_cookie(request, caller);
  const auto credentials = http::basic_credentials_of(request.headers);
  if (!credentials || signed_in.kind == Identity::Kind::known) return then(signed_in);
  if (credentials->user.empty()) return then({Identity::Kind::wrong, {}, {}, {}});
  check(credentials->user, credentials->password, caller, std::move(then));
}

void SignIn::check(const std::string& user, const std::string& password, const Caller& caller, Then then) {
  const std::string network = network_of(caller.peer);
  // Guesses are counted by network and user: a scraper with an old password does not keep its neighbour out.
  // All names that are none count as one, so that inventing names brings nothing.
  const std::string whose = network + '/' + (checker_.has_user(user) ? user : std::string());
  const TimePoint now = loop::boot_now();
  // First of all, also for what is remembered: else the right password among many would show at once.
  if (const Duration wait = limiter_.wait(whose, now); wait > Duration::zero()) {
    return then({Identity::Kind::slowed, {}, {}, wait});
  }
  if (checker_.remembers(user, password)) {
    sources_.right(network, now);
    return then({Identity::Kind::known, user, {}, {}});
  }
  checker_.check(user, password, network, sources_.of(network, now),
                 [this, user, network, whose, then = std::move(then)](PasswordChecker::Outcome outcome) {
                   const TimePoint at = loop::boot_now();
                   switch (outcome) {
                     case PasswordChecker::Outcome::right:
                       limiter_.succeeded(whose);
                       sources_.right(network, at);
                       return then({Identity::Kind::known, user, {}, {}});
                     case PasswordChecker::Outcome::wrong:
                       limiter_.failed(whose, at);
                       sources_.trouble(network, at);
                       return then({Identity::Kind::wrong, {}, {}, {}});
                     case PasswordChecker::Outcome::busy:
                       sources_.trouble(network, at);
                       return then({Identity::Kind::busy, {}, {}, {}});
                   }
                 });
}

void SignIn::sign_in(const std::string& user, const std::string& password, const Caller& caller,
                     Signed then) {
  check(user, password, caller, [this, caller, then = std::move(then)](const Identity& found) {
    if (found.kind != Identity::Kind::known) return then(found, {});
    const TimePoint now = loop::boot_now();
    const std::string token = book_.open(found.user, now);
    Identity identity = found;
    identity.csrf = book_.find(token, now)->csrf;
    then(identity, set_cookie(caller, token, LoginSessions::whole_limit));
  });
}

std::string SignIn::sign_out(const http::Request& request, const Caller& caller) {
  if (const auto token = cookie_of(request, cookie_name(caller))) book_.close(*token);
  return set_cookie(caller, "", Duration::zero());
}

}  // namespace tamada::router
