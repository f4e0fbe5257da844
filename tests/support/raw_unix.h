// Plain UNIX-domain sockets for the other side of a test, as raw_socket.h has them for the loopback.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "common/base/unique_fd.h"

namespace tamada::loop {

inline sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

// Not open if nobody can be reached there.
inline UniqueFd raw_unix_client(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = unix_address(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return fd;
}

// Bound, and listening if `listens`. The file stays when the descriptor goes.
inline UniqueFd raw_unix_server(const std::string& path, bool listens) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = unix_address(path);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  if (listens && ::listen(fd.get(), 8) != 0) return {};
  return fd;
}

}  // namespace tamada::loop
