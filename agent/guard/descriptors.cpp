#include "agent/guard/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

namespace tamada::guard {

namespace {

// Where the kernel has no close_range(2) (before 5.9): a soft limit that was raised is not gone through.
constexpr int last_looked_at = 1023;

void close_between(int first, int last) {
  if (first > last) return;
  if (::close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0) return;
  for (int fd = first; fd <= last && fd <= last_looked_at; ++fd) ::close(fd);
}

}  // namespace

void close_all_but(std::initializer_list<int> kept) {
  int next = STDERR_FILENO + 1;
  for (const int fd : kept) {
    if (fd < next) continue;
    close_between(next, fd - 1);
    next = fd + 1;
  }
  close_between(next, __INT_MAX__);
}

void set_close_on_exec(int fd, bool closes) {
  if (fd >= 0) ::fcntl(fd, F_SETFD, closes ? FD_CLOEXEC : 0);
}

}  // namespace tamada::guard
