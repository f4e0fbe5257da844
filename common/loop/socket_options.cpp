#include "common/loop/socket_options.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace tamada::loop {

void set_socket_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

void set_socket_keepalive(int fd, Duration idle, Duration interval, int count) {
  const auto seconds = [](Duration span) {
    return static_cast<int>(std::max<long long>(1, std::chrono::ceil<std::chrono::seconds>(span).count()));
  };
  set_socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds(idle));
  set_socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds(interval));
  set_socket_option(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
  set_socket_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void make_close_reset(int fd) {
  const linger at_once{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

int socket_error(int fd) {
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code == 0) return ECONNRESET;
  return code;
}

Address socket_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage));
}

Address socket_peer(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage));
}

bool is_connected_to_itself(int fd, const Address& called) {
  return socket_address(fd) == called;
}

void make_nonblocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

}  // namespace tamada::loop
