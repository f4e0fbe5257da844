// Loop: one thread's event loop. Everything in this folder that takes a Loop& belongs to that loop's thread
// and must be destroyed before it; post() is the only call that other threads may make.
//
// libuv drives timers, signals and the wake-up from other threads. Sockets are watched by an epoll set of our
// own (EpollSet) that libuv's descriptor is nested in; why, and what it measures, stands in fd_watch.h.
//
// One turn: sleep until something is ready (not at all if work is waiting); sockets; timers, posted work and
// signals; deferred work. Callbacks must not throw.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/loop/loop_poster.h"
#include "common/loop/task.h"

struct uv_loop_s;

namespace tamada::loop {

class PipeStock;
class EpollSet;

// What is counted as open. An object counts from its first system resource (timers, watches: from
// construction) until close() or destruction.
enum class HandleKind { timer, tcp_stream, tcp_listener, lingering_socket, signal_watcher, file_watch };
inline constexpr std::size_t handle_kinds = 6;

struct OpenHandles {
  const char* kind;  // "Timer", "TcpStream", ...
  std::size_t count;
};

// Something that outlives the object that began it and belongs to the loop (a socket that sends its last
// bytes, a child that is dying).
class LoopOwned {
 public:
  virtual ~LoopOwned() = default;
};

class Loop {
 public:
  // Throws std::system_error when the system has no descriptors left for it.
  // `read_buffer_size`: the one buffer that all streams of this loop read into, in bytes.
  explicit Loop(std::size_t read_buffer_size = std::size_t{64} * 1024);
  ~Loop();  // close(); handles still open are a bug (assert)
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Turns until stop(), also while nothing is open.
  void run();
  // run() returns at the end of the current turn; if it is not running, the next run() returns after one
  // turn. From another thread: post([&] { loop.stop(); }).
  void stop();

  enum class Wait { no, once };
  // One turn; `once` sleeps until something happens. For tests and for embedding.
  void run_once(Wait wait);

  // Any thread. Runs on the loop's thread, in the order posted, in one of the next turns. What has not run
  // when the loop is closed is destroyed unrun. The caller makes sure that the loop is still there; who
  // cannot takes a poster() while it is.
  void post(Task task);
  [[nodiscard]] LoopPoster poster() const;

  // Loop thread. Runs at the end of the current turn, before the loop sleeps, in order; what is deferred
  // while the deferred work runs, is run at the end of the next turn, which then does not sleep. Used to
  // sweep what was retired during the turn.
  void defer(Task task);

  // Runs at the start of every turn's work, right after sleeping and before any callback of this turn (a
  // worker takes the newest routing table here). One hook; an empty function removes it.
  void set_turn_hook(std::function<void()> hook);

  // Once the boot-time clock shows `at`, no further socket is looked at in a turn that has begun; they are
  // reported anew in the next. For who must look at something first after the process, or the machine, stood
  // still in the middle of a turn: it sets a later limit in its turn hook, since no socket is served past it.
  // TimePoint::max() (as at first): no limit, and no look at the clock before each socket (some 30 ns).
  void set_turn_limit(TimePoint at);

  // Bytes in it are valid only during the callback that got them.
  [[nodiscard]] std::span<std::byte> read_buffer();

  // What is open, by kind; empty when nothing is. Internal handles do not count.
  [[nodiscard]] std::vector<OpenHandles> open_handles() const;
  [[nodiscard]] std::size_t open_handle_count(HandleKind kind) const;

  // Ends the loop: closes lingering sockets, destroys posted and deferred work, frees libuv's loop. Answers
  // what was still open, as words for a person ("2 Timer, 1 TcpStream"); empty if nothing was. If something
  // was, libuv's part is leaked rather than freed under a live handle. Nothing may be called afterwards but
  // the destructor.
  std::string close();

  // Loop thread. Keeps it until disown(), or until the loop is closed.
  void own(std::unique_ptr<LoopOwned> owned);
  // Destroyed at the end of the turn (it may be running).
  void disown(LoopOwned* owned);

  // --- for this folder only
  [[nodiscard]] uv_loop_s* uv();
  [[nodiscard]] EpollSet& epoll_set();
  [[nodiscard]] PipeStock& pipes();
  void count(HandleKind kind, int change);

 private:
  struct Internals;
  void turn(bool may_sleep);
  void run_posted();
  void run_deferred();

  std::unique_ptr<Internals> in_;
};

}  // namespace tamada::loop
