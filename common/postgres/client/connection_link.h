// ConnectionLink: what a Connection and its threads share, and all that they share. It lives as long as any
// of them does: a thread that libpq holds for ever holds this, and nothing of the loop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/base/unique_fd.h"
#include "common/loop/loop.h"
#include "common/postgres/client/statement.h"

namespace tamada::postgres {

// Asks the server to give up what it does for this session; may block. Nothing is told of how it went: what
// became of the statement, its own answer says.
using CancelFunction = std::function<void()>;

// Called on the loop, in the order told; not any more once the owner has dropped the link.
class LinkCallbacks {
 public:
  virtual ~LinkCallbacks() = default;
  virtual void on_session(const Session& session, const CancelFunction& cancel) = 0;
  virtual void on_server_notice(const ErrorResponse& notice) = 0;
  // `parameters`: as the server reports them after the statement. `end`: the session ended with it.
  virtual void on_answer(Answer answer, const std::map<std::string, std::string>& parameters,
                         const std::optional<Failure>& end) = 0;
  // No session came about, or it ended while nothing was asked.
  virtual void on_end(const Failure& failure) = 0;
  virtual void on_cancel_returned() = 0;
};

class ConnectionLink : public std::enable_shared_from_this<ConnectionLink> {
 public:
  ConnectionLink(loop::Loop& loop, LinkCallbacks& owner);

  // --- the owner, on the loop's thread
  // False: the system has no descriptor to wake the thread with.
  [[nodiscard]] bool is_open() const { return wake_.is_open(); }
  // The thread is to end when it can. Nothing is run any more.
  void end();
  // No callback from here on.
  void drop_owner();
  [[nodiscard]] bool has_owner() const { return owner_ != nullptr; }
  // Before the one before it was answered, there is no other.
  void hand_over(Statement statement);
  // True: the thread had not begun with it, and will not.
  bool take_back();

  // --- the connection's thread
  [[nodiscard]] int wake_fd() const { return wake_.get(); }
  // After wake_fd() became readable.
  void clear_wake();
  [[nodiscard]] bool is_ended() const { return ended_.load(); }
  [[nodiscard]] std::optional<Statement> take_statement();

  // --- any thread
  // Runs `what(LinkCallbacks&)` on the loop, if the owner is still there then.
  template <class Function>
  void tell(Function what) {
    // Under the lock: the loop is there as long as the owner is.
    const std::lock_guard lock(mutex_);
    if (loop_ == nullptr) return;
    loop_->post([link = shared_from_this(), what = std::move(what)]() mutable {
      if (link->owner_ != nullptr) what(*link->owner_);
    });
  }
  void set_stage(Stage stage) { stage_.store(stage); }
  [[nodiscard]] Stage stage() const { return stage_.load(); }

 private:
  void wake();

  LinkCallbacks* owner_;  // loop thread only
  UniqueFd wake_;         // eventfd
  std::atomic<bool> ended_ = false;
  std::atomic<Stage> stage_ = Stage::start;
  std::mutex mutex_;  // guards what follows
  loop::Loop* loop_;  // null once the owner is gone
  std::optional<Statement> next_;
};

}  // namespace tamada::postgres
