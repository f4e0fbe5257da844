#include "common/base/unique_fd.h"

#include <unistd.h>

namespace tamada {

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  // Never again on EINTR: Linux has freed the number by then, another thread may own it.
  if (old >= 0) ::close(old);
}

}  // namespace tamada
