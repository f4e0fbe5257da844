#include "tests/simulation/engine/scheduler.h"

#include <algorithm>
#include <utility>

namespace tamada::simulation {

bool Scheduler::is_later(const Entry& left, const Entry& right) {
  return left.when != right.when ? left.when > right.when : left.sequence > right.sequence;
}

EventId Scheduler::at(TimePoint when, Event event) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  const std::uint64_t sequence = ++sequence_;
  slots_[slot].sequence = sequence;
  slots_[slot].event = std::move(event);
  heap_.push_back({std::max(when, now_), sequence, slot});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
  ++pending_;
  return {sequence, slot};
}

bool Scheduler::is_pending(EventId id) const {
  return id && id.slot < slots_.size() && slots_[id.slot].sequence == id.sequence;
}

bool Scheduler::cancel(EventId& id) {
  const EventId wanted = std::exchange(id, {});
  if (!is_pending(wanted)) return false;
  Slot& slot = slots_[wanted.slot];
  slot.sequence = 0;
  // What the event holds may go only when this object is in order again: it may cancel others as it goes.
  const Event gone = std::exchange(slot.event, nullptr);
  free_slots_.push_back(wanted.slot);
  --pending_;
  return true;
}

bool Scheduler::find_next() {
  while (!heap_.empty() && slots_[heap_.front().slot].sequence != heap_.front().sequence) {
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    heap_.pop_back();
  }
  return !heap_.empty();
}

void Scheduler::take_next() {
  const Entry entry = heap_.front();
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  heap_.pop_back();
  Slot& slot = slots_[entry.slot];
  slot.sequence = 0;
  const Event event = std::exchange(slot.event, nullptr);
  free_slots_.push_back(entry.slot);
  --pending_;
  ++run_;
  now_ = entry.when;
  event();
}

bool Scheduler::run_one() {
  if (!find_next()) return false;
  take_next();
  return true;
}

void Scheduler::run_until(TimePoint when) {
  while (find_next() && heap_.front().when <= when) take_next();
  now_ = std::max(now_, when);
}

}  // namespace tamada::simulation
