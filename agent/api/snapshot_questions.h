// SnapshotQuestions: many ask at once for a snapshot that is newer than their question; few questions go out. At most one is
// under way; who comes meanwhile shares the next one, which begins when the first is over. So a crowd of clients asks
// PostgreSQL, or etcd, as often as one of them could.
//
// Loop thread only; the Loop must outlive it. After destruction no callback runs.
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "agent/api/answers/node_snapshot.h"
#include "common/base/time.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::agent {

class SnapshotQuestions {
 public:
  using Take = std::function<void(SnapshotPtr)>;
  // Asks once; the callback given to it comes once, now or later.
  using Ask = std::function<void(Take)>;

  SnapshotQuestions(loop::Loop& loop, Ask ask);
  SnapshotQuestions(const SnapshotQuestions&) = delete;
  SnapshotQuestions& operator=(const SnapshotQuestions&) = delete;

  // `then`: with a snapshot that was asked for after this call, or null: nobody knows, or not within `limit`. May be called
  // from inside this.
  void ask(Duration limit, Take then);

 private:
  struct Waiter {
    Waiter(loop::Loop& loop, Take callback) : then(std::move(callback)), limit(loop, [this] { give_up(); }) {}
    Take then;
    std::function<void()> give_up;
    loop::Timer limit;
  };
  using Waiters = std::list<std::unique_ptr<Waiter>>;

  void begin();
  void end(const SnapshotPtr& snapshot);
  void give_up(const Waiter* waiter);

  loop::Loop& loop_;
  const Ask ask_;
  Waiters current_;  // of the question under way
  Waiters next_;
  bool asking_ = false;
  loop::WeakHandles<SnapshotQuestions> handles_{*this};
};

}  // namespace tamada::agent
