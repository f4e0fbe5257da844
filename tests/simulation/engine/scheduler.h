// Scheduler: virtual time. What happens in a simulated world happens in here, one event after the other.
//
// Events run in the order of their time, those of one time in the order in which they were asked for: the same calls
// give the same history. Time stands still while an event runs and jumps to the next one. An event may add and cancel
// others, itself included.
//
// `now` is the time of the simulation and belongs to no machine: clocks that drift, step or stand still are made from
// it outside. Not for several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "common/base/time.h"

namespace tamada::simulation {

// Of one event, for cancel(). The default one is of no event. An id is never used again.
struct EventId {
  std::uint64_t sequence = 0;
  std::uint32_t slot = 0;

  [[nodiscard]] explicit operator bool() const { return sequence != 0; }
  bool operator==(const EventId&) const = default;
};

class Scheduler {
 public:
  using Event = std::function<void()>;

  // Time begins far enough above zero that "long ago" can be told from "never".
  explicit Scheduler(TimePoint start = TimePoint(1000s)) : now_(start) {}
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  [[nodiscard]] TimePoint now() const { return now_; }

  // A time that has passed means: next, after the events of now that were asked for before.
  EventId at(TimePoint when, Event event);
  EventId after(Duration delay, Event event) { return at(now_ + delay, std::move(event)); }
  // True: it was still to come, and does not come. The id is set to none.
  bool cancel(EventId& id);
  [[nodiscard]] bool is_pending(EventId id) const;

  // Runs the next event. False: there is none.
  bool run_one();
  // Runs all events up to `when`, that time included, and stands at `when` afterwards.
  void run_until(TimePoint when);
  void run_for(Duration span) { run_until(now_ + span); }

  [[nodiscard]] std::size_t pending_count() const { return pending_; }
  [[nodiscard]] std::uint64_t run_count() const { return run_; }

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t sequence;
    std::uint32_t slot;
  };
  struct Slot {
    std::uint64_t sequence = 0;  // 0: free
    Event event;
  };
  static bool is_later(const Entry& left, const Entry& right);
  // Takes the entries of cancelled events from the top. False: nothing is left.
  bool find_next();
  void take_next();

  TimePoint now_;
  std::uint64_t sequence_ = 0;
  std::uint64_t run_ = 0;
  std::size_t pending_ = 0;
  std::vector<Entry> heap_;  // the earliest on top; entries whose slot has another sequence were cancelled
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
};

}  // namespace tamada::simulation
