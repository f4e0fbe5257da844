#include "common/loop/start_thread.h"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "common/loop/signal_mask.h"

namespace tamada::loop {

std::thread start_thread(const std::string& name, std::function<void()> body) {
  const SignalsBlocked blocked;
  try {
    return std::thread([name, body = std::move(body)] {
      pthread_setname_np(pthread_self(), name.c_str());
      body();
    });
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), no_thread(name));
  }
}

std::string no_thread(const std::string& name) {
  return "cannot start the thread " + name +
         ", perhaps for a limit of processes or memory (ulimit -u, TasksMax=, --pids-limit)";
}

}  // namespace tamada::loop
