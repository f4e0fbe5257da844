#include "router/session/listening_sockets.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace tamada::router {

namespace {

// The pool's descriptor accepts nothing.
class NeverAccepts final : public loop::AcceptCallbacks {
 public:
  void on_accept(UniqueFd, const Address&) override {}
};
NeverAccepts never_accepts;

constexpr int backlog = 4096;

// "::" takes IPv4 clients too, unless another address of the configuration wants them on this port.
bool wants_ipv6_only(const HostPort& bind, const std::vector<ListenerConfig>& listeners) {
  if (bind.host != "::") return false;
  for (const ListenerConfig& listener : listeners) {
    for (const HostPort& other : listener.bind) {
      if (other.port == bind.port && bind.port != 0 && other.host.find(':') == std::string::npos) return true;
    }
  }
  return false;
}

}  // namespace

struct ListeningSockets::Open {
  explicit Open(loop::Loop& loop, const loop::ListenOptions& options)
      : socket(loop, never_accepts, options) {}
  Socket what;
  bool ipv6_only = false;
  loop::TcpListener socket;
};

ListeningSockets::ListeningSockets(loop::Loop& loop, loop::InheritedSockets* inherited)
    : loop_(loop), inherited_(inherited) {}

ListeningSockets::~ListeningSockets() = default;

Result<std::unique_ptr<ListeningSockets::Open>> ListeningSockets::open(const HostPort& bind, bool ipv6_only) {
  const std::string host = bind.host == "localhost" ? "127.0.0.1" : bind.host;
  const Result<Address> address = Address::from_ip(host, bind.port);
  if (!address) {
    return fail(ErrorKind::invalid,
                fmt::format("cannot listen on {}: not an IP address; use one of this machine's, or \"*\"",
                            bind.to_string()));
  }
  loop::ListenOptions options;
  options.ipv6_only = ipv6_only;
  options.backlog = backlog;
  auto opened = std::make_unique<Open>(loop_, options);
  loop::InheritedSocket given;
  if (inherited_ != nullptr) given = inherited_->take(*address, ipv6_only);
  opened->what.foreign = given.foreign;
  // Whoever opened it may have given it a shorter backlog.
  if (given.fd.is_open()) (void)listen(given.fd.get(), backlog);
  const auto bound =
      given.fd.is_open() ? opened->socket.adopt(std::move(given.fd)) : opened->socket.bind(*address);
  if (!bound) return tl::make_unexpected(bound.error());
  opened->socket.stop();
  opened->ipv6_only = ipv6_only;
  opened->what.bind = bind;
  opened->what.address = opened->socket.address();
  return opened;
}

std::vector<Error> ListeningSockets::configure(const std::vector<ListenerConfig>& listeners) {
  std::vector<std::unique_ptr<Open>> next;
  std::vector<std::pair<Open*, ListenerId>> kept;  // and where they go
  struct Wanted {
    ListenerId listener;
    const HostPort* bind;
    bool ipv6_only;
  };
  std::vector<Wanted> missing;
  for (const ListenerConfig& listener : listeners) {
    for (const HostPort& bind : listener.bind) {
      const bool ipv6_only = wants_ipv6_only(bind, listeners);
      const auto same = std::find_if(open_.begin(), open_.end(), [&](const auto& open) {
        const bool taken =
            std::any_of(kept.begin(), kept.end(), [&](const auto& one) { return one.first == open.get(); });
        return !taken && open->what.bind == bind && open->ipv6_only == ipv6_only;
      });
      if (same != open_.end()) {
        kept.emplace_back(same->get(), listener.policy.id);
      } else {
        missing.push_back({listener.policy.id, &bind, ipv6_only});
      }
    }
  }
  // Those that go away may be in the way of the new ones. A listening socket that is shut down gives its port
  // free at once, for all descriptors of it, and can be brought back.
  std::vector<Open*> leaving;
  for (const auto& open : open_) {
    const bool stays =
        std::any_of(kept.begin(), kept.end(), [&](const auto& one) { return one.first == open.get(); });
    const bool clashes = std::any_of(missing.begin(), missing.end(), [&](const Wanted& wanted) {
      return wanted.bind->port != 0 && wanted.bind->port == open->what.address.port();
    });
    if (!stays && clashes) leaving.push_back(open.get());
  }
  std::vector<UniqueFd> asleep;
  for (const Open* open : leaving) {
    auto fd = open->socket.share();
    if (!fd) continue;
    (void)shutdown(fd->get(), SHUT_RD);
    asleep.push_back(std::move(*fd));
  }
  std::vector<Error> errors;
  for (const Wanted& wanted : missing) {
    auto opened = open(*wanted.bind, wanted.ipv6_only);
    if (!opened) {
      errors.push_back(opened.error());
      continue;
    }
    (*opened)->what.listener = wanted.listener;
    (*opened)->what.number = next_number_++;
    (*opened)->what.is_new = true;
    next.push_back(std::move(*opened));
  }
  if (!errors.empty()) {
    next.clear();  // closes what was opened, before the old ones listen again
    for (const UniqueFd& fd : asleep) (void)listen(fd.get(), backlog);
    return errors;
  }
  for (const auto& [open, listener] : kept) {
    open->what.listener = listener;
    open->what.is_new = false;
  }
  for (auto& open : open_) {
    const bool stays =
        std::any_of(kept.begin(), kept.end(), [&](const auto& one) { return one.first == open.get(); });
    if (stays) next.push_back(std::move(open));
  }
  open_ = std::move(next);
  return {};
}

Result<UniqueFd> ListeningSockets::share(std::uint32_t number) const {
  for (const auto& open : open_) {
    if (open->what.number == number) return open->socket.share();
  }
  return fail(ErrorKind::invalid, "no such listening socket");
}

void ListeningSockets::close() {
  for (const auto& open : open_) {
    if (open->what.foreign) continue;
    if (const auto fd = open->socket.share()) (void)shutdown(fd->get(), SHUT_RD);
  }
  open_.clear();
}

void ListeningSockets::leave() {
  open_.clear();
}

std::vector<ListeningSockets::Socket> ListeningSockets::sockets() const {
  std::vector<Socket> all;
  for (const auto& open : open_) all.push_back(open->what);
  return all;
}

}  // namespace tamada::router
