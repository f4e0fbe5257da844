// GuardClient: the agent's side of its guard (protocol/request.h). Connects to the guard of this data
// directory and node, starts one where there is none, greets it, and hears its whole state each time that it
// changes.
//
// open() begins; on_guard_ready() comes when the guard has answered, or on_guard_lost() with the reason.
// After that, and whenever the connection is lost later, nothing happens until open() is called again: how
// often to try is the caller's business. A guard that has just been started fresh knows no lock and runs
// nothing; one that was there is found as it is: what runs and since when, how the last one ended, the
// deadline with its epoch.
//
// Requests are sent at once, or as soon as the socket takes them, and answered in order; `then` may be empty.
// Before on_guard_ready(), and after on_guard_lost(), a request fails at once. When the connection is lost
// each open request fails: whether the guard has carried it out is not known then. (A guard that ends takes
// PostgreSQL along.)
//
// A guard that is stopped is still connected, and its deadline ends nothing. So a ready one is asked again and
// again for its state, and one that has said nothing for `silence` while a question was open is lost as
// `silent`: the connection is closed, so that nobody waits for it, and status() stays as it was heard last.
// Turns of this loop are counted, not the time: an agent that was stopped itself does not take that for its
// guard's silence. In the same way one that takes the connection and does not answer the greeting is given up as
// `no_answer`: what it runs, and what it still will do, is not known.
//
// Never blocks. Callbacks and `then` come never from inside the constructor, open() or a request that was
// sent; this may be destroyed in each of them, and after destruction none comes. Destroying it closes the
// connection: to the guard that is the agent's death. Loop thread only; Loop and callbacks must outlive it.
#pragma once

#include <sys/types.h>
#include <tl/expected.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/guard/client/guard_failure.h"
#include "agent/guard/client/guard_place.h"
#include "agent/guard/client/guard_starter.h"
#include "agent/guard/protocol/report.h"
#include "agent/guard/protocol/request.h"
#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"
#include "common/process/process_watch.h"

namespace tamada::guard {

class GuardCallbacks {
 public:
  virtual void on_guard_ready(const GuardStatus& status) = 0;
  virtual void on_guard_status(const GuardStatus& status) = 0;
  virtual void on_guard_lost(const GuardFailure& failure) = 0;

 protected:
  ~GuardCallbacks() = default;
};

struct GuardAnswer {
  Outcome outcome = Outcome::done;
  int code = 0;  // errno, with Outcome::failed
};

// As Launch (protocol/request.h), with values of its own.
struct GuardLaunch {
  ProcessKind kind = ProcessKind::postmaster;
  std::string program;
  std::vector<std::string> arguments;    // with the name it goes by
  std::vector<std::string> environment;  // NAME=value, all of it
  std::string directory;
  std::string output_file;       // empty: the guard's standard error, or `output`
  UniqueFd output;               // for its output and errors
  std::uint64_t open_files = 0;  // 0: the guard's limit
};

class GuardClient final : private loop::FdCallbacks {
 public:
  static constexpr Duration ask_every = 500ms;
  // With one ask_every more until it is noticed. Less than what is left of a lock when a leader whose etcd is silent
  // begins to stop (5 s), so that PostgreSQL can be ended without its guard before the lock's end, also where both
  // happen at once.
  static constexpr Duration silence = 3s;

  using Answered = tl::expected<GuardAnswer, GuardFailure>;
  using Then = std::function<void(const Answered&)>;

  GuardClient(loop::Loop& loop, GuardPlace place, GuardCallbacks& callbacks);
  ~GuardClient() = default;
  GuardClient(const GuardClient&) = delete;
  GuardClient& operator=(const GuardClient&) = delete;

  // Nothing where it is open, or opening.
  void open();
  [[nodiscard]] bool is_ready() const { return stage_ == Stage::ready; }
  // Of the newest report. Before the first: nothing is known.
  [[nodiscard]] const GuardStatus& status() const { return status_; }
  [[nodiscard]] const std::string& guard_version() const { return version_; }
  // That is started where there is no guard, with its path.
  [[nodiscard]] const std::string& program() const { return place_.command.back(); }

  // What each asks, and what it is answered: protocol/request.h, rules/guard_core.h.
  void arm(const LockEpoch& epoch, TimePoint lease_end, Then then);
  void renew(const LockEpoch& epoch, TimePoint lease_end, Then then);
  void disarm(const LockEpoch& epoch, DisarmReason reason, Then then);
  // `needs_lock`: only while the deadline of this epoch holds.
  void start(GuardLaunch launch, const std::optional<LockEpoch>& needs_lock, Then then);
  void signal(pid_t pid, int number, Then then);
  void sweep(Then then);
  void adopt(const ProcessIdentity& postmaster, Then then);
  void promote(const LockEpoch& epoch, TimePoint lease_end, bool unarmed, Then then);
  void call_off_promotion(Then then);
  void upgrade(const std::string& program, Then then);
  // Empty: none. Again after each on_guard_ready(): timings follow the configuration.
  void use_watchdog(const std::string& device, std::chrono::seconds timeout, Then then);

 private:
  enum class Stage { closed, starting, greeting, ready };
  struct Outgoing {
    std::vector<std::byte> bytes;
    UniqueFd passed;
  };
  struct Waiting {
    std::uint32_t id;
    Then then;
    bool starts;  // PostgreSQL, or its promotion
  };

  void connect();
  void start_guard();
  void greet(UniqueFd socket);
  [[nodiscard]] std::string words_of_no_answer() const;
  void ask(Request request, UniqueFd passed, Then then);
  [[nodiscard]] bool flush();
  void on_ready(std::uint32_t events) noexcept override;
  // False: this has been closed or destroyed.
  [[nodiscard]] bool read_one(bool& got);
  [[nodiscard]] bool take(const Report& report);
  void lose(GuardFailure::Kind kind, const std::string& words);
  void ask_for_life();

  loop::Loop& loop_;
  const GuardPlace place_;
  GuardCallbacks& callbacks_;
  Stage stage_ = Stage::closed;
  TimePoint opened_{};
  bool has_started_one_ = false;  // since open()
  std::unique_ptr<GuardStarter> starter_;
  loop::Timer retry_;
  loop::Timer life_;
  int unanswered_ = 0;  // turns of life_ since it was greeted, or has said anything
  UniqueFd socket_;
  loop::FdWatch watch_;
  std::deque<Outgoing> outgoing_;
  std::deque<Waiting> waiting_;
  std::uint32_t last_id_ = 0;
  GuardStatus status_;
  std::string version_;
  loop::Lifetime lifetime_;
  loop::WeakHandles<GuardClient> handles_{*this};
};

}  // namespace tamada::guard
