// How a thread is started here: with every signal blocked (signal_mask.h), and with a sentence where there is
// none to be had. A name has at most 15 characters.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <thread>

#include "common/base/result.h"

namespace tamada::loop {

// For who joins it, and cannot do without it: throws std::system_error, whose words name the thread, the
// reason and the limits that it may be.
[[nodiscard]] std::thread start_thread(const std::string& name, std::function<void()> body);

// A thread that nobody joins, since it may be stuck for ever in what it does: it touches nothing but what
// `body` owns or shares. `body` is destroyed on that thread, or here when there is none to be had: the same
// words, of kind system. `stack_size` in bytes, at least 16 KiB; 0: the system's.
[[nodiscard]] Result<void> start_detached_thread(const std::string& name, std::function<void()> body,
                                                 std::size_t stack_size = 0);

// Those words, for who starts one in another way. The reason follows them.
[[nodiscard]] std::string no_thread(const std::string& name);

}  // namespace tamada::loop
