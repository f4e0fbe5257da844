#include "common/loop/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/base/errno_text.h"
#include "common/base/quantity.h"
#include "common/loop/clock.h"

namespace tamada::loop {

// `callback` is empty once answered or cancelled.
struct Lookup::Waiter {
  std::function<void(Result<std::vector<Address>>)> callback;
};

// Who waits for what; loop thread only.
struct Resolver::Names {
  using Waiters = std::vector<std::shared_ptr<Lookup::Waiter>>;
  using Number = LookupThreads::Number;

  struct Host {
    bool in_flight = false;
    Waiters waiters;    // none: all have cancelled, or were answered by a look-up that came back late
    Number number = 0;  // of the look-up in flight; 0: a literal, or one that was left behind is waited for
    TimePoint deadline{};   // of what is in flight
    TimePoint next{};       // while some are left behind: no fresh one before
    std::set<Number> hung;  // left behind
    Number newest = 0;      // that has answered
  };
  std::map<std::string, Host> hosts;  // in flight, or with look-ups left behind
  std::size_t hung_in_all = 0;
  std::vector<std::pair<std::shared_ptr<Lookup::Waiter>, Answer>> being_answered;

  void answer(Number number, const std::string& name, const Answer& answer) {
    const auto found = hosts.find(name);
    if (found == hosts.end()) return;
    Host& host = found->second;
    hung_in_all -= host.hung.erase(number);
    if (number >= host.newest) {
      host.newest = number;
      // The look-up in flight goes on where another one has answered.
      if (host.number == number || host.number == 0) host.in_flight = false;
      take_waiters(host, answer);
    }
    forget_if_idle(found);
    tell();
  }

  void take_waiters(Host& host, const Answer& answer) {
    for (auto& waiter : host.waiters) being_answered.emplace_back(std::move(waiter), answer);
    host.waiters.clear();
  }

  void forget_if_idle(std::map<std::string, Host>::iterator host) {
    if (!host->second.in_flight && host->second.hung.empty()) hosts.erase(host);
  }

  // The last deed of whoever calls it. One callback may cancel the next, ask anew, or destroy the Resolver
  // (the caller keeps this object alive).
  void tell() {
    const auto told = std::exchange(being_answered, {});
    being_told = &told;
    for (const auto& [waiter, answer] : told) {
      if (!waiter->callback) continue;
      const Callback callback = std::exchange(waiter->callback, nullptr);
      callback(answer);
    }
    being_told = nullptr;
  }
  const std::vector<std::pair<std::shared_ptr<Lookup::Waiter>, Answer>>* being_told = nullptr;

  void drop_all() {
    for (auto& [name, host] : hosts) {
      for (const auto& waiter : host.waiters) waiter->callback = nullptr;
    }
    if (being_told == nullptr) return;
    for (const auto& [waiter, answer] : *being_told) waiter->callback = nullptr;
  }
};

Lookup::Lookup() = default;
Lookup::Lookup(Lookup&&) noexcept = default;
Lookup::Lookup(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}

Lookup& Lookup::operator=(Lookup&& other) noexcept {
  if (this != &other) {
    cancel();
    waiter_ = std::move(other.waiter_);
  }
  return *this;
}

Lookup::~Lookup() {
  cancel();
}

bool Lookup::is_pending() const {
  return waiter_ != nullptr && waiter_->callback;
}

void Lookup::cancel() {
  const auto waiter = std::move(waiter_);
  if (waiter != nullptr) waiter->callback = nullptr;
}

Resolver::Resolver(Loop& loop) : Resolver(loop, Options{}) {}

Resolver::Resolver(Loop& loop, const Options& options)
    : loop_(loop),
      options_(options),
      names_(std::make_shared<Names>()),
      threads_(loop, options.max_threads, options.lookup ? options.lookup : LookupFunction(&system_lookup),
               [names = std::weak_ptr<Names>(names_)](LookupThreads::Number number, const std::string& host,
                                                      const Answer& answer) {
                 if (const auto still_there = names.lock()) still_there->answer(number, host, answer);
               }),
      limit_(loop, [this] { on_limit(); }) {}

Resolver::~Resolver() {
  names_->drop_all();
}

Lookup Resolver::resolve(const std::string& name, Callback callback) {
  auto waiter = std::make_shared<Lookup::Waiter>();
  waiter->callback = std::move(callback);
  Names::Host& host = names_->hosts[name];
  // A name that never answers must not collect those who gave up on it.
  std::erase_if(host.waiters, [](const auto& one) { return !one->callback; });
  host.waiters.push_back(waiter);
  if (std::exchange(host.in_flight, true)) return Lookup(std::move(waiter));
  host.number = 0;
  host.deadline = boot_now() + options_.limit;
  if (const auto literal = Address::from_ip(name, 0)) {
    loop_.defer([names = std::weak_ptr<Names>(names_), name, answer = Answer({*literal})] {
      if (const auto still_there = names.lock()) still_there->answer(0, name, answer);
    });
    return Lookup(std::move(waiter));
  }
  const bool may_ask =
      host.hung.empty() || (boot_now() >= host.next && host.hung.size() < options_.hung_per_name &&
                            names_->hung_in_all < options_.hung_in_all);
  if (may_ask) host.number = threads_.ask(name);
  if (!limit_.is_active()) arm_limit();
  return Lookup(std::move(waiter));
}

void Resolver::arm_limit() {
  std::optional<TimePoint> next;
  for (const auto& [name, host] : names_->hosts) {
    if (host.in_flight && (!next || host.deadline < *next)) next = host.deadline;
  }
  if (next) limit_.start(std::max<Duration>(*next - boot_now(), 1ms));
}

void Resolver::on_limit() {
  const std::shared_ptr<Names> names = names_;
  const TimePoint now = boot_now();
  for (auto at = names->hosts.begin(); at != names->hosts.end();) {
    const auto found = at++;
    auto& [name, host] = *found;
    if (!host.in_flight || now < host.deadline) continue;
    std::string why = fmt::format("resolve {}: no answer within {}", name, format_duration(options_.limit));
    if (host.number == 0) {
      why += fmt::format(", and {} look-ups hang already", host.hung.size());
    } else {
      const LookupThreads::GivenUp how = threads_.give_up(host.number);
      if (how == LookupThreads::GivenUp::answered) continue;  // it comes in this turn or the next
      if (how == LookupThreads::GivenUp::dropped) why += ": others took all threads";
      if (how == LookupThreads::GivenUp::left_behind) {
        host.next = now + options_.limit * ((std::int64_t{1} << host.hung.size()) - 1);
        host.hung.insert(host.number);
        ++names->hung_in_all;
      }
    }
    host.in_flight = false;
    names->take_waiters(host, fail(ErrorKind::unresolved, std::move(why)));
    names->forget_if_idle(found);
  }
  arm_limit();
  names->tell();
}

namespace {

std::string describe_gai(int code, int system_code) {
  switch (code) {
    case EAI_NONAME:
      return "no such name (EAI_NONAME)";
    case EAI_NODATA:
      return "the name has no address (EAI_NODATA)";
    case EAI_AGAIN:
      return "no answer from a name server (EAI_AGAIN)";
    case EAI_FAIL:
      return "the name server refused to answer (EAI_FAIL)";
    case EAI_SYSTEM:
      return describe_errno(system_code);
    default:
      return gai_strerror(code);
  }
}

}  // namespace

Resolver::Answer Resolver::system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // one entry per address, not one per protocol
  addrinfo* list = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const int system_code = errno;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  if (code != 0) {
    return fail(ErrorKind::unresolved, fmt::format("resolve {}: {}", host, describe_gai(code, system_code)));
  }
  std::vector<Address> addresses;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    const Address address = Address::from_sockaddr(one->ai_addr);
    const bool known = std::find(addresses.begin(), addresses.end(), address) != addresses.end();
    if (address.is_set() && !known) addresses.push_back(address);
  }
  if (addresses.empty()) {
    return fail(ErrorKind::unresolved, fmt::format("resolve {}: no IPv4 or IPv6 address", host));
  }
  return addresses;
}

}  // namespace tamada::loop
