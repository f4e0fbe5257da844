// Closing what was inherited, or must not be.
#pragma once

#include <initializer_list>

namespace tamada::guard {

// All from 3 on but these, which stand in ascending order (-1: none).
void close_all_but(std::initializer_list<int> kept);
// Whether execve(2) closes it.
void set_close_on_exec(int fd, bool closes);

}  // namespace tamada::guard
