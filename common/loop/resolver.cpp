#include "common/loop/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "common/loop/errno_text.h"

namespace tamada::loop {

// `callback` is empty once answered or cancelled.
struct Lookup::Waiter {
  std::function<void(Result<std::vector<Address>>)> callback;
};

// Who waits for what; loop thread only.
struct Resolver::Names {
  using Waiters = std::vector<std::shared_ptr<Lookup::Waiter>>;
  std::map<std::string, Waiters> in_flight;  // an empty list: all have cancelled
  Waiters being_answered;

  // One callback may cancel the next, ask anew, or destroy the Resolver (the caller keeps this object alive).
  void answer(const std::string& host, const Answer& answer) {
    const auto found = in_flight.find(host);
    if (found == in_flight.end()) return;
    being_answered = std::move(found->second);
    in_flight.erase(found);
    for (const auto& waiter : being_answered) {
      if (!waiter->callback) continue;
      const Callback callback = std::exchange(waiter->callback, nullptr);
      callback(answer);
    }
    being_answered.clear();
  }

  void drop_all() {
    for (auto& [host, waiters] : in_flight) {
      for (const auto& waiter : waiters) waiter->callback = nullptr;
    }
    for (const auto& waiter : being_answered) waiter->callback = nullptr;
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
      names_(std::make_shared<Names>()),
      threads_(loop, options.max_threads, options.lookup ? options.lookup : LookupFunction(&system_lookup),
               [names = std::weak_ptr<Names>(names_)](const std::string& host, const Answer& answer) {
                 if (const auto still_there = names.lock()) still_there->answer(host, answer);
               }) {}

Resolver::~Resolver() {
  names_->drop_all();
}

Lookup Resolver::resolve(const std::string& host, Callback callback) {
  auto waiter = std::make_shared<Lookup::Waiter>();
  waiter->callback = std::move(callback);
  const auto [entry, is_new] = names_->in_flight.try_emplace(host);
  auto& waiters = entry->second;
  // A name that never answers must not collect those who gave up on it.
  std::erase_if(waiters, [](const auto& one) { return !one->callback; });
  waiters.push_back(waiter);
  if (is_new) {
    const auto literal = Address::from_ip(host, 0);
    if (literal) {
      loop_.defer([names = std::weak_ptr<Names>(names_), host, answer = Answer({*literal})] {
        if (const auto still_there = names.lock()) still_there->answer(host, answer);
      });
    } else {
      threads_.ask(host);
    }
  }
  return Lookup(std::move(waiter));
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
