// Small system calls on sockets. An option that the kernel refuses is left as it was: no connection is worth
// losing for it.
#pragma once

#include "common/base/address.h"
#include "common/base/time.h"

namespace tamada::loop {

void set_socket_option(int fd, int level, int name, int value);
// Spans are rounded up to whole seconds, at least 1.
void set_socket_keepalive(int fd, Duration idle, Duration interval, int count);
// The next close() of the descriptor sends RST.
void make_close_reset(int fd);
// The pending error (SO_ERROR), ECONNRESET if there is none.
[[nodiscard]] int socket_error(int fd);
// Not set if the descriptor has none.
[[nodiscard]] Address socket_address(int fd);
[[nodiscard]] Address socket_peer(int fd);

// TCP connects a socket to itself when the kernel picks, as the caller's port, the very port on this machine
// that is called: the server is not there (and would find its port taken).
[[nodiscard]] bool is_connected_to_itself(int fd, const Address& called);

// For calls that cannot say for themselves that they must not wait.
void make_nonblocking(int fd);

}  // namespace tamada::loop
