// An errno for people and for branching on.
#pragma once

#include <string>

#include "common/base/result.h"

namespace tamada {

// "address already in use (EADDRINUSE)"
[[nodiscard]] std::string describe_errno(int code);
// refused, reset (ECONNRESET, EPIPE, ECONNABORTED), timeout, unreachable; anything else: system.
[[nodiscard]] ErrorKind kind_of_errno(int code);

}  // namespace tamada
