// ConnectionThreads: the threads that libpq blocks in, and how many of them there may be.
//
// A Connection has one for its life, and one for each cancel request that is under way (PQcancel connects
// anew and waits for the answer). libpq cannot be interrupted while it blocks: in a name look-up, on a
// certificate or password file of a file system that hangs, in GSS, in PQcancel towards a server that is
// stopped or far away. Whoever waits is answered at the deadline all the same; the thread is left behind,
// touches nothing but what it shares with nobody else any more, and ends when libpq returns. Until then it
// counts: so the limits bound how many hang, and a new connection beyond them fails at once (no_resources).
// Give what must not be disturbed by each other (the server of this machine; the others) an object each.
//
// Any one thread. After destruction nothing can be started; destruction waits for the threads to end, at most
// `patience`. A program that ends while `alive` is not 0 calls quick_exit(): what exit() frees, OpenSSL's
// tables among it, such a thread may still be using.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "common/base/result.h"
#include "common/base/time.h"

namespace tamada::postgres {

class ConnectionThreads {
 public:
  enum class Use { connection, cancel };
  struct Limits {
    std::size_t connections = 16;
    std::size_t cancels = 8;  // beyond: no cancel request is sent
  };
  static constexpr Duration patience = 1s;

  ConnectionThreads();
  explicit ConnectionThreads(Limits limits);
  ~ConnectionThreads();
  ConnectionThreads(const ConnectionThreads&) = delete;
  ConnectionThreads& operator=(const ConnectionThreads&) = delete;

  // Runs `body` once on a thread of its own. Errors (kind system): the limit is reached, or the system has no
  // thread to give.
  [[nodiscard]] Result<void> start(Use use, std::function<void()> body);

  // At work or left behind.
  [[nodiscard]] std::size_t alive(Use use) const;

 private:
  struct Counts;
  const Limits limits_;
  std::shared_ptr<Counts> counts_;
};

}  // namespace tamada::postgres
