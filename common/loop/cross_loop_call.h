// CrossLoopCall: a question to what lives on another loop. It is put there, and answered on one's own.
//
//   call_ = CrossLoopCall::ask<int>(loop_, other,
//       [desk](const CrossLoopReply<int>& reply) {           // on the other loop; the reply may be kept
//         if (Desk* found = desk.get()) found->count(reply);
//       },
//       [this](std::optional<int> count) { ... });           // on one's own
//
// The asker is answered once, never from inside ask(). Destroying, cancelling or replacing the call forgets
// the question: no answer comes any more, though the other side may still work on it. The asker may do so
// inside the answer.
//
// When it cannot know (the other loop has been closed, what was asked has gone, or it let the reply go
// without an answer): the answer is nullopt. One that takes its time is waited for; who cannot wait keeps a
// timer and cancels.
//
// Threads: the call belongs to the thread of the loop `mine`, and what the answer's callback holds never
// leaves it. `question` goes to the other thread with all that it holds, and is destroyed there. Either loop
// may end before the other.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "common/loop/lifetime.h"
#include "common/loop/loop.h"

namespace tamada::loop {

namespace cross_loop {

// The asker's end, which stays on its thread.
struct Asked {
  virtual ~Asked() = default;
  bool is_answered = false;
};

template <class Answer>
struct AskedFor final : Asked {
  explicit AskedFor(std::function<void(std::optional<Answer>)> use) : answered(std::move(use)) {}
  std::function<void(std::optional<Answer>)> answered;
  WeakHandles<AskedFor> handles{*this};
};

}  // namespace cross_loop

// What the other side answers with: once, on any thread. Letting it go unanswered answers nullopt.
template <class Answer>
class CrossLoopReply {
 public:
  CrossLoopReply(LoopPoster to, WeakHandle<cross_loop::AskedFor<Answer>> asked)
      : end_(std::make_shared<End>(std::move(to), std::move(asked))) {}

  // Those after the first do nothing.
  void operator()(Answer answer) const { end_->tell(std::move(answer)); }

 private:
  // Shared by the copies, so that a reply fits into a std::function.
  struct End {
    End(LoopPoster poster, WeakHandle<cross_loop::AskedFor<Answer>> handle)
        : to(std::move(poster)), asked(std::move(handle)) {}
    ~End() { tell(std::nullopt); }
    End(const End&) = delete;
    End& operator=(const End&) = delete;

    void tell(std::optional<Answer> answer) {
      if (is_told.exchange(true)) return;
      to.post([handle = asked, given = std::move(answer)]() mutable {
        cross_loop::AskedFor<Answer>* waiting = handle.get();
        if (waiting == nullptr) return;
        waiting->is_answered = true;
        waiting->handles.end();
        // The callback may destroy the call, and with it what `waiting` points to.
        const auto answered = std::move(waiting->answered);
        answered(std::move(given));
      });
    }

    const LoopPoster to;
    const WeakHandle<cross_loop::AskedFor<Answer>> asked;
    std::atomic<bool> is_told{false};
  };
  std::shared_ptr<End> end_;
};

class CrossLoopCall {
 public:
  CrossLoopCall() = default;  // none

  template <class Answer>
  [[nodiscard]] static CrossLoopCall ask(Loop& mine, const LoopPoster& other,
                                         std::function<void(const CrossLoopReply<Answer>&)> question,
                                         std::function<void(std::optional<Answer>)> answered) {
    auto asked = std::make_unique<cross_loop::AskedFor<Answer>>(std::move(answered));
    CrossLoopReply<Answer> reply(mine.poster(), asked->handles.handle());
    other.post([ask = std::move(question), reply = std::move(reply)] { ask(reply); });
    CrossLoopCall call;
    call.asked_ = std::move(asked);
    return call;
  }

  void cancel() { asked_.reset(); }
  [[nodiscard]] bool is_pending() const { return asked_ != nullptr && !asked_->is_answered; }

 private:
  std::unique_ptr<cross_loop::Asked> asked_;
};

}  // namespace tamada::loop
