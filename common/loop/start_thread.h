// How a thread is started here: with every signal blocked (signal_mask.h), and with a sentence where there is
// none to be had.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace tamada::loop {

// `name`: at most 15 characters. Throws std::system_error, whose words name the thread, the reason and the
// limits that it may be.
[[nodiscard]] std::thread start_thread(const std::string& name, std::function<void()> body);

// Those words, for who starts one in another way. The reason follows them.
[[nodiscard]] std::string no_thread(const std::string& name);

}  // namespace tamada::loop
