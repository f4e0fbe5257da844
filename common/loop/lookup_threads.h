// LookupThreads: the threads that the Resolver's look-ups block in. Loop thread only; answers come there.
//
// At most `max_threads` look-ups are at work at a time; further ones wait their turn. One that was given up
// while its thread is stuck in it is left behind: it counts no more, another thread takes its place. How many
// are left behind at most is the caller's business. Its answer comes all the same, should it ever return.
//
// Destruction never waits: a thread that is stuck in a look-up stays (detached); all it touches then is the
// state that it shares with nobody else any more. Threads end when the object is gone, or when there are more
// of them than may be at work, and their look-up returns.
#pragma once

#include <cstdint>
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
  // Of a look-up; later ones have higher numbers. Never 0.
  using Number = std::uint64_t;
  using Answer = Result<std::vector<Address>>;
  using LookupFunction = std::function<Answer(const std::string& host)>;
  using OnAnswer = std::function<void(Number number, const std::string& host, const Answer& answer)>;

  // `on_answer` is not called any more once the destructor has begun; it may destroy this object.
  LookupThreads(Loop& loop, unsigned max_threads, LookupFunction lookup, OnAnswer on_answer);
  ~LookupThreads();
  LookupThreads(const LookupThreads&) = delete;
  LookupThreads& operator=(const LookupThreads&) = delete;

  // Starts a thread if none is idle and the limit allows it; otherwise the name waits its turn. Answered
  // once, never from inside this call.
  Number ask(const std::string& host);

  enum class GivenUp {
    dropped,      // it had not begun: no answer comes
    left_behind,  // a thread is stuck in it
    answered,     // its answer is on its way
  };
  GivenUp give_up(Number number);

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);
  Result<void> start_thread();

  std::shared_ptr<Shared> shared_;
  Number last_ = 0;
};

}  // namespace tamada::loop
