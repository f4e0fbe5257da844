// CrossingBackend: the ApiBackend on the API's loop: carries each question to the one on the HA loop, and its answer back.
//
// An HA loop that hangs, or has gone, is waited for until a limit; then the answer says that nobody knows: no snapshot,
// `failed`, unreachable. What was begun may be carried out all the same; a question that a hung HA loop has not even taken up
// in time is not asked any more when that goes on, so that no restart comes when nobody expects it.
//
// Threads: made anywhere, used and destroyed on the API's loop.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "agent/api/api_backend.h"
#include "agent/control/api/api_limits.h"
#include "common/loop/cross_loop_call.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::agent {

// What lives on the HA loop's thread and goes with it.
struct BackendThere {
  explicit BackendThere(ApiBackend& one) : backend(one) {}
  ApiBackend& backend;
  loop::WeakHandles<BackendThere> handles{*this};
};

class CrossingBackend final : public ApiBackend {
 public:
  // `here`: the API's loop, which must outlive this; `there`: the HA loop.
  CrossingBackend(loop::Loop& here, loop::LoopPoster there, loop::WeakHandle<BackendThere> backend,
                  const ApiLimits& limits);
  ~CrossingBackend() override;
  CrossingBackend(const CrossingBackend&) = delete;
  CrossingBackend& operator=(const CrossingBackend&) = delete;

  void query_server(TakeSnapshot then) override;
  void read_cluster(TakeSnapshot then) override;
  void write_config(std::string config, std::optional<std::int64_t> revision, TakeWritten then) override;
  void write_failover(FailoverWish wish, TakeWritten then) override;
  void clear_failover(std::int64_t revision, TakeWritten then) override;
  void ask_candidates(std::vector<std::string> names,
                      std::function<void(std::vector<CandidateStatus>)> then) override;
  void reload() override;
  void restart(RestartRequest request, std::function<void(RestartEnd, std::string action)> then) override;
  void schedule_restart(RestartRequest request, std::function<void(bool scheduled)> then) override;
  void delete_restart(std::function<void(bool deleted)> then) override;
  void reinitialize(ReinitializeRequest request,
                    std::function<void(ReinitializeStart, std::string action)> then) override;
  void failsafe(FailsafeRequest request,
                std::function<void(FailsafeEnd, std::optional<std::uint64_t> position)> then) override;

 private:
  struct Waiting {
    explicit Waiting(loop::Loop& loop) : limit(loop, [this] { give_up(); }) {}
    loop::CrossLoopCall call;
    std::function<void()> give_up;
    loop::Timer limit;
  };
  template <class Answer>
  using Question = std::function<void(ApiBackend&, const loop::CrossLoopReply<Answer>&)>;

  // `unknown`: what is answered where the HA loop does not answer in time.
  template <class Answer>
  void ask(Duration limit, Question<Answer> question, Answer unknown, std::function<void(Answer)> then);
  // Out of the list, and destroyed later: its own timer, or call, runs this.
  void retire(const Waiting* waiting);

  loop::Loop& loop_;
  const loop::LoopPoster there_;
  const loop::WeakHandle<BackendThere> backend_;
  const ApiLimits limits_;
  std::list<std::unique_ptr<Waiting>> waiting_;
};

}  // namespace tamada::agent
