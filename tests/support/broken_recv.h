// BrokenRecv: while it lives, the next bytes that come from a peer at this port are lost: recv(2) on that
// socket answers with an error instead, as it does when the way to the peer of an established connection is
// gone (EHOSTUNREACH, ENETDOWN), which no test can bring about with packets unless it owns the machine.
//
// Defines recv() for the whole test program: include it in one source of a program only.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "common/loop/socket_options.h"

namespace tamada::loop {

inline int broken_recv_code = 0;
inline std::uint16_t broken_recv_port = 0;

class BrokenRecv {
 public:
  BrokenRecv(int code, std::uint16_t peer_port) {
    broken_recv_code = code;
    broken_recv_port = peer_port;
  }
  ~BrokenRecv() { broken_recv_code = 0; }
  BrokenRecv(const BrokenRecv&) = delete;
  BrokenRecv& operator=(const BrokenRecv&) = delete;
};

}  // namespace tamada::loop

extern "C" ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  using namespace tamada::loop;
  if (broken_recv_code != 0 && socket_peer(fd).port() == broken_recv_port) {
    errno = broken_recv_code;
    return -1;
  }
  return syscall(SYS_recvfrom, fd, buffer, size, flags, nullptr, nullptr);
}
