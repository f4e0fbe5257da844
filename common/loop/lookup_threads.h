// LookupThreads: the threads that the Resolver's look-ups block in. Loop thread only; answers come there.
//
// Destruction never waits: a thread that is stuck in a look-up is left behind (detached); all it touches then
// is the state that it shares with nobody else any more. Threads end when the object is gone and their
// look-up returns.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/loop/loop.h"

namespace tamada::loop {

class LookupThreads {
 public:
  using Answer = Result<std::vector<Address>>;
  using LookupFunction = std::function<Answer(const std::string& host)>;
  using OnAnswer = std::function<void(const std::string& host, const Answer& answer)>;

  // `on_answer` is not called any more once the destructor has begun; it may destroy this object.
  LookupThreads(Loop& loop, unsigned max_threads, LookupFunction lookup, OnAnswer on_answer);
  ~LookupThreads();
  LookupThreads(const LookupThreads&) = delete;
  LookupThreads& operator=(const LookupThreads&) = delete;

  // Starts a thread if none is idle and the limit allows it; otherwise the name waits its turn.
  void ask(const std::string& host);

 private:
  struct Shared;
  static void* run(void* argument) noexcept;
  int start_thread();

  std::shared_ptr<Shared> shared_;
};

}  // namespace tamada::loop
