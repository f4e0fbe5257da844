// The limit of open files (RLIMIT_NOFILE). Nothing may ever be allocated by it: under some container engines
// it is a thousand million.
#pragma once

#include <cstdint>

namespace tamada {

// Raises the soft limit to the hard one, as far as the kernel lets us; returns what it is then. Where the
// kernel does not tell the limit: 1024, which is what it is where nobody has set it. Who starts other
// programs keeps what it was before, for them (ChildCommand::open_files).
std::uint64_t raise_descriptor_limit();
// What it is now; 0: cannot be told.
[[nodiscard]] std::uint64_t descriptor_limit();
// How many are open, of the first 1024: for the start of a program, which has few.
[[nodiscard]] std::uint64_t open_descriptors();

}  // namespace tamada
