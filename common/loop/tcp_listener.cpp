#include "common/loop/tcp_listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>

#include "common/base/errno_text.h"
#include "common/loop/socket_options.h"

namespace tamada::loop {

namespace {

bool is_shortage(int code) {
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

}  // namespace

TcpListener::TcpListener(Loop& loop, AcceptCallbacks& callbacks, const ListenOptions& options)
    : watch_(loop, *this, true),
      callbacks_(callbacks),
      options_(options),
      retry_(loop, [this] { on_ready(0); }) {}

TcpListener::~TcpListener() {
  close();
}

Result<void> TcpListener::bind(const Address& address) {
  assert(!is_open() && address.is_set());
  const auto refuse = [&address](int code) {
    return fail(kind_of_errno(code),
                fmt::format("cannot listen on {}: {}", address.to_string(), describe_errno(code)));
  };
  UniqueFd socket(
      ::socket(address.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket.is_open()) return refuse(errno);
  // A restart must not wait for the TIME_WAIT of the connections before it.
  set_socket_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (options_.reuse_port) set_socket_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.is_ipv6()) {
    set_socket_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, options_.ipv6_only ? 1 : 0);
  }
  if (::bind(socket.get(), address.data(), address.size()) != 0) return refuse(errno);
  if (::listen(socket.get(), options_.backlog) != 0) return refuse(errno);
  return start(std::move(socket));
}

Result<void> TcpListener::adopt(UniqueFd listening_socket) {
  assert(!is_open() && listening_socket.is_open());
  return start(std::move(listening_socket));
}

Result<void> TcpListener::start(UniqueFd socket) {
  socket_ = std::move(socket);
  watch_.open(socket_.get());
  watch_.loop().count(HandleKind::tcp_listener, 1);
  stopped_ = false;
  paused_ = false;
  const Result<void> watched = watch_.want(true, false);
  if (!watched) {
    const Error why{watched.error().kind,
                    fmt::format("cannot listen on {}: {}", name(), watched.error().message)};
    close();
    return tl::make_unexpected(why);
  }
  return {};
}

Result<UniqueFd> TcpListener::share() const {
  assert(is_open());
  UniqueFd copy(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
  if (copy.is_open()) return copy;
  const int code = errno;
  return fail(kind_of_errno(code), fmt::format("cannot share {}: {}", name(), describe_errno(code)));
}

void TcpListener::on_ready(std::uint32_t) noexcept {
  for (int i = 0; i < options_.accepts_per_turn; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    UniqueFd socket(
        ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const int code = socket.is_open() ? 0 : errno;
    if (is_shortage(code)) return pause(code);
    if (code == 0) {
      const Address peer = Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage));
      if (!survives([&] { callbacks_.on_accept(std::move(socket), peer); })) return;
    }
    // The kernel finds a descriptor before it looks for a client: also "nobody waits" means that there are
    // some again.
    if (paused_ && !end_pause()) return;
    if (code == EAGAIN) return;
    // Any other error is one client's (gone already, or turned away by a firewall): the next one may be well.
  }
}

// Runs a callback; false if it closed, stopped or destroyed this listener.
template <class Callback>
bool TcpListener::survives(Callback callback) {
  const Lifetime::Watch watch(lifetime_);
  callback();
  return !watch.is_over();
}

std::string TcpListener::name() const {
  return options_.name.empty() ? address().to_string() : options_.name;
}

void TcpListener::pause(int code) {
  watch_.mute();
  retry_.start(options_.pause);
  if (std::exchange(paused_, true)) return;
  const Error why{ErrorKind::system, fmt::format("cannot accept on {}: {}; trying again every {} ms", name(),
                                                 describe_errno(code), to_ms(options_.pause))};
  survives([&] { callbacks_.on_paused(why); });
}

bool TcpListener::end_pause() {
  paused_ = false;
  if (!watch_.want(true, false)) {
    pause(ENOMEM);
    return false;
  }
  return survives([&] { callbacks_.on_resumed(); });
}

void TcpListener::stop() {
  if (!is_open() || stopped_) return;
  lifetime_.end();
  stopped_ = true;
  paused_ = false;
  retry_.stop();
  watch_.mute();
}

void TcpListener::resume() {
  if (!is_open() || !stopped_) return;
  stopped_ = false;
  if (!watch_.want(true, false)) pause(ENOMEM);
}

void TcpListener::close() {
  if (!is_open()) return;
  lifetime_.end();
  retry_.stop();
  watch_.close();
  socket_.reset();
  watch_.loop().count(HandleKind::tcp_listener, -1);
}

Address TcpListener::address() const {
  return socket_address(socket_.get());
}

}  // namespace tamada::loop
