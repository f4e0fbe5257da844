// Resolver: names to addresses, with the system's getaddrinfo() on threads of its own. (Not libuv's pool: its
// four threads are shared with everything else, and a few names whose server does not answer would block all
// others.)
//
// Loop thread only; the Loop must outlive it. After its destruction, or that of a Lookup, the callback does
// not run again; both may happen inside the callback. A look-up that hangs delays neither destruction nor the
// end of the process: its thread touches nothing but a shared state of its own, and is left behind.
//
// One look-up per name at a time: asking for a name that is in flight (also one that was cancelled) joins it.
// One that takes longer than `limit` is answered with an error and left behind; the next question starts a
// fresh one beside it, the ones after that at distances that double, so that a name server that hangs for
// long leaves few threads behind and is still asked when it is back. Should a look-up that was left behind
// return after all, whoever waits for the name then gets its answer, unless a later one of that name answered
// before.
//
// Bounded: `max_threads` look-ups at work, `hung_per_name` left behind of one name, `hung_in_all` together. A
// name that has reached its bound gets no fresh look-up before one returns; the other names do not notice.
//
// Both families are asked for. AI_ADDRCONFIG is off: it ignores loopback addresses when deciding which
// families the machine has, so that on a machine (or container) without other addresses names on ::1 or
// 127.0.0.1 would vanish; an address of a family without a route fails quickly at connect() instead, and the
// next one is tried.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/loop/lookup_threads.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::loop {

// A question in flight. Destroying it (or assigning another) cancels: its callback does not run.
class Lookup {
 public:
  Lookup();
  Lookup(Lookup&&) noexcept;
  Lookup& operator=(Lookup&& other) noexcept;
  ~Lookup();
  // Still waiting for the answer.
  [[nodiscard]] bool is_pending() const;
  void cancel();

 private:
  friend class Resolver;
  struct Waiter;
  explicit Lookup(std::shared_ptr<Waiter> waiter);
  std::shared_ptr<Waiter> waiter_;
};

class Resolver {
 public:
  // At least one address, port 0, no duplicates, in the system's order of preference (RFC 6724). Or an error
  // of kind unresolved: "resolve pg1: no such name (EAI_NONAME)".
  using Answer = Result<std::vector<Address>>;
  using Callback = std::function<void(Answer)>;
  // What a thread calls; must be callable from several threads at once and touch nothing that may go away.
  using LookupFunction = LookupThreads::LookupFunction;

  struct Options {
    unsigned max_threads = 16;  // started when needed, 256 KiB of (virtual) stack each
    Duration limit = 5s;        // glibc asks a second name server after as long (resolv.conf(5), timeout)
    std::size_t hung_per_name = 8;
    std::size_t hung_in_all = 128;
    LookupFunction lookup;  // empty: the system's; tests bring their own
  };

  explicit Resolver(Loop& loop);
  Resolver(Loop& loop, const Options& options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Never answers from inside this call, also for IP literals ("10.0.0.1", "::1"), which need no thread.
  [[nodiscard]] Lookup resolve(const std::string& host, Callback callback);

  // getaddrinfo() as described above; blocks. What threads call by default.
  static Answer system_lookup(const std::string& host);

 private:
  struct Names;
  void on_limit();
  void arm_limit();

  Loop& loop_;
  const Options options_;
  std::shared_ptr<Names> names_;  // loop thread only; late answers hold it weakly
  LookupThreads threads_;
  Timer limit_;
};

}  // namespace tamada::loop
