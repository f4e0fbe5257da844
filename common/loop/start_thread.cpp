#include "common/loop/start_thread.h"

#include <pthread.h>

#include <memory>
#include <system_error>
#include <utility>

#include "common/base/errno_text.h"
#include "common/loop/signal_mask.h"

namespace tamada::loop {

namespace {

struct Start {
  std::string name;
  std::function<void()> body;
};

void run(const Start& start) {
  pthread_setname_np(pthread_self(), start.name.c_str());
  start.body();
}

}  // namespace

std::string no_thread(const std::string& name) {
  return "cannot start the thread " + name +
         ", perhaps for a limit of processes or memory (ulimit -u, TasksMax=, --pids-limit)";
}

std::thread start_thread(const std::string& name, std::function<void()> body) {
  const SignalsBlocked blocked;
  try {
    return std::thread([start = Start{name, std::move(body)}] { run(start); });
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), no_thread(name));
  }
}

Result<void> start_detached_thread(const std::string& name, std::function<void()> body,
                                   std::size_t stack_size) {
  auto start = std::make_unique<Start>(Start{name, std::move(body)});
  const auto entry = [](void* given) noexcept -> void* {
    const std::unique_ptr<Start> mine(static_cast<Start*>(given));
    run(*mine);
    return nullptr;
  };
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (stack_size != 0) pthread_attr_setstacksize(&attributes, stack_size);
  int code = 0;
  {
    const SignalsBlocked blocked;
    pthread_t thread{};
    code = pthread_create(&thread, &attributes, entry, start.get());
  }
  pthread_attr_destroy(&attributes);
  if (code != 0) return fail(ErrorKind::system, no_thread(name) + ": " + describe_errno(code));
  static_cast<void>(start.release());  // the thread has it
  return {};
}

}  // namespace tamada::loop
