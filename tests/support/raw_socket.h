// Plain sockets on the loopback for the other side of a test: what the kernel does, without our own code in
// between.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/address.h"
#include "common/base/unique_fd.h"
#include "common/loop/socket_options.h"

namespace tamada::loop {

inline Address loopback(std::uint16_t port = 0) {
  return *Address::from_ip("127.0.0.1", port);
}

// Bound to a free port; listening if `backlog` is not negative.
inline UniqueFd raw_server(int backlog = 128) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address any = loopback();
  if (::bind(fd.get(), any.data(), any.size()) != 0) return {};
  if (backlog >= 0 && ::listen(fd.get(), backlog) != 0) return {};
  return fd;
}

// Bound and listening on no port: a port where nobody answers as long as the descriptor lives.
inline UniqueFd closed_port() {
  return raw_server(-1);
}

// A port for a server that somebody else starts a moment later: nobody listens on it now, and it is none of those that
// the kernel gives to outgoing connections, which come and go all the time.
inline std::uint16_t free_port() {
  std::random_device random;
  for (;;) {
    const auto port = static_cast<std::uint16_t>(10'000 + random() % 20'000);
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Address address = loopback(port);
    if (::bind(fd.get(), address.data(), address.size()) == 0) return port;
  }
}

inline UniqueFd raw_client(const Address& server, bool non_blocking = false) {
  UniqueFd fd(
      ::socket(server.data()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0), 0));
  const int code = ::connect(fd.get(), server.data(), server.size());
  if (code != 0 && !non_blocking) return {};
  return fd;
}

inline UniqueFd raw_accept(const UniqueFd& server) {
  return UniqueFd(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

// Two connected sockets over the loopback.
inline std::pair<UniqueFd, UniqueFd> connected_pair() {
  const UniqueFd server = raw_server();
  UniqueFd client = raw_client(socket_address(server.get()));
  return {std::move(client), raw_accept(server)};
}

inline bool is_readable(const UniqueFd& fd, int wait_ms = 0) {
  pollfd one{fd.get(), POLLIN, 0};
  return ::poll(&one, 1, wait_ms) == 1;
}

inline void raw_send(const UniqueFd& fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

// What has arrived, without waiting. `end`: the peer's FIN was seen. `error`: errno, e.g. ECONNRESET.
struct Arrived {
  std::string bytes;
  bool end = false;
  int error = 0;
};

inline void take_arrived(const UniqueFd& fd, Arrived& arrived, std::size_t most = std::size_t{1} << 30) {
  char buffer[16384];
  while (most > 0) {
    const ssize_t n = ::recv(fd.get(), buffer, std::min(sizeof buffer, most), MSG_DONTWAIT);
    if (n == 0) arrived.end = true;
    if (n < 0 && errno != EAGAIN) arrived.error = errno;
    if (n <= 0) return;
    arrived.bytes.append(buffer, static_cast<std::size_t>(n));
    most -= static_cast<std::size_t>(n);
  }
}

// So that less than a megabyte fills the way between two sockets. (Much smaller buffers stall the loopback,
// whose packets are 64 KiB.)
inline void make_narrow(const UniqueFd& fd) {
  set_socket_option(fd.get(), SOL_SOCKET, SO_RCVBUF, 200'000);
  set_socket_option(fd.get(), SOL_SOCKET, SO_SNDBUF, 200'000);
}

}  // namespace tamada::loop
