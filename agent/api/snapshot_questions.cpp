#include "agent/api/snapshot_questions.h"

#include <algorithm>
#include <utility>

namespace tamada::agent {

SnapshotQuestions::SnapshotQuestions(loop::Loop& loop, Ask ask) : loop_(loop), ask_(std::move(ask)) {}

void SnapshotQuestions::ask(Duration limit, Take then) {
  auto waiter = std::make_unique<Waiter>(loop_, std::move(then));
  Waiter* raw = waiter.get();
  waiter->give_up = [this, raw] { give_up(raw); };
  waiter->limit.start(limit);
  next_.push_back(std::move(waiter));
  begin();
}

void SnapshotQuestions::begin() {
  if (asking_ || next_.empty()) return;
  asking_ = true;
  current_ = std::exchange(next_, {});
  ask_([handle = handles_.handle()](const SnapshotPtr& snapshot) {
    if (SnapshotQuestions* self = handle.get()) self->end(snapshot);
  });
}

void SnapshotQuestions::end(const SnapshotPtr& snapshot) {
  asking_ = false;
  const loop::WeakHandle<SnapshotQuestions> self = handles_.handle();
  const Waiters answered = std::exchange(current_, {});
  begin();
  for (const auto& waiter : answered) {
    if (self.get() == nullptr) return;
    waiter->then(snapshot);
  }
}

void SnapshotQuestions::give_up(const Waiter* waiter) {
  for (Waiters* waiters : {&current_, &next_}) {
    const auto found = std::find_if(waiters->begin(), waiters->end(),
                                    [&](const auto& entry) { return entry.get() == waiter; });
    if (found == waiters->end()) continue;
    // Out of the list first: the callback may ask again, or destroy this. The waiter's own timer runs this, so it goes later.
    std::unique_ptr<Waiter> late = std::move(*found);
    waiters->erase(found);
    const Take then = std::move(late->then);
    loop_.defer([late = std::move(late)] {});
    then(nullptr);
    return;
  }
}

}  // namespace tamada::agent
