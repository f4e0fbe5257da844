// BlockingTask: one job that may block or take long (a base backup, a folder to be copied), on a thread of
// its own, so that it keeps no other job waiting. SideThread is for many short ones, in order.
//
//   task_ = std::make_unique<BlockingTask>(loop_, "base-backup",
//       [plan](const std::stop_token& stop) { return copy(plan, stop); },       // on its thread
//       [this](Result<Copied> copied) { ... });                                 // on the loop
//
// `then` runs once, on the loop, never from inside the constructor, with what the job returned; or with an
// error of kind system where no thread was to be had. It may destroy the task. A job must not throw, touches
// nothing but what it owns, and looks at its stop_token wherever it can end early.
//
// cancel() only asks: `then` comes all the same once the job has returned, so that what it did is known.
// Destruction asks too, and after it `then` never runs. It waits for the job at most `patience`, so that one
// which ends when asked has ended. One that does not (stuck on a hung disk) is left behind, with its thread:
// nothing waits for it any more, neither this process's end, and its result is destroyed there. The loop
// stands still while it is waited for: a loop that must not, has a patience of 0.
//
// When it cannot know (the job does not return): `then` does not come. Who needs an answer by some moment
// keeps a timer, and destroys the task.
//
// Loop thread only; the Loop must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"

namespace tamada::loop {

class BlockingTask {
 public:
  static constexpr Duration usual_patience = 1s;

  // `name`: at most 15 characters. `job`: Value(std::stop_token), `then`: void(Result<Value>). A job whose
  // result can fail returns a Result<T> itself, and `then` gets that.
  template <class Job, class Then>
  BlockingTask(Loop& loop, const std::string& name, Job job, Then then, Duration patience = usual_patience)
      : patience_(patience), handles_(*this) {
    using Value = std::invoke_result_t<Job&, const std::stop_token&>;
    auto waiting = std::make_unique<WaitingFor<Value>>(std::move(then));
    const WeakHandle<WaitingFor<Value>> handle = waiting->handles.handle();
    waiting_ = std::move(waiting);
    const WeakHandle<BlockingTask> self = handles_.handle();
    const auto answer = [self, handle](Outcome<Value> outcome) {
      return Task([self, handle, outcome = std::move(outcome)]() mutable {
        WaitingFor<Value>* found = handle.get();
        if (found == nullptr) return;
        self.get()->is_running_ = false;
        // `then` may destroy the task, and what holds `then`.
        const auto then_on_loop = std::move(found->then);
        then_on_loop(std::move(outcome));
      });
    };
    start(
        loop, name,
        [job = std::move(job), answer](const std::stop_token& stop) mutable { return answer(job(stop)); },
        [answer](Error error) { return answer(tl::make_unexpected(std::move(error))); });
  }
  ~BlockingTask();
  BlockingTask(const BlockingTask&) = delete;
  BlockingTask& operator=(const BlockingTask&) = delete;

  void cancel();
  // Until `then` runs.
  [[nodiscard]] bool is_running() const { return is_running_; }

 private:
  template <class Value>
  struct OutcomeOf {
    using Type = Result<Value>;
  };
  template <class Value>
  struct OutcomeOf<Result<Value>> {
    using Type = Result<Value>;
  };
  template <class Value>
  using Outcome = typename OutcomeOf<Value>::Type;

  // What stays on the loop's thread.
  struct Waiting {
    virtual ~Waiting() = default;
  };
  template <class Value>
  struct WaitingFor final : Waiting {
    explicit WaitingFor(std::function<void(Outcome<Value>)> use) : then(std::move(use)) {}
    std::function<void(Outcome<Value>)> then;
    WeakHandles<WaitingFor> handles{*this};
  };

  struct Shared;
  void start(Loop& loop, const std::string& name, std::function<Task(const std::stop_token&)> job,
             const std::function<Task(Error)>& no_thread);

  const Duration patience_;
  bool is_running_ = true;
  std::unique_ptr<Waiting> waiting_;
  std::shared_ptr<Shared> shared_;
  WeakHandles<BlockingTask> handles_;
};

}  // namespace tamada::loop
