#include "common/process/standard_descriptors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/errno_text.h"

namespace tamada {

Result<void> open_standard_descriptors() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(wanted, F_GETFD) >= 0) continue;
    // The kernel gives the lowest free number, and those below are open.
    if (::open("/dev/null", O_RDWR) == wanted) continue;
    return fail(ErrorKind::system,
                fmt::format("descriptor {} is closed, and /dev/null cannot take its place: {}", wanted,
                            describe_errno(errno)));
  }
  return {};
}

}  // namespace tamada
