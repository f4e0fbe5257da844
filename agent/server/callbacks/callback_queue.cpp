#include "agent/server/callbacks/callback_queue.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "agent/postgres/formats/program_call.h"
#include "agent/postgres/formats/shell_words.h"
#include "common/base/clean_text.h"
#include "common/loop/lifetime.h"
#include "common/loop/timer.h"
#include "common/process/child_process.h"

namespace tamada::agent {

namespace {

constexpr std::size_t longest_line = 500;  // of an output

std::vector<std::string> own_variables() {
  std::vector<std::string> words;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    words.emplace_back(*variable);
  return words;
}

struct Call {
  CallbackKind kind = CallbackKind::on_start;
  std::string role;
  std::vector<std::string> words;

  [[nodiscard]] std::string name() const { return fmt::format("callback {} ({})", name_of(kind), role); }
};

}  // namespace

class CallbackQueue::Impl final : public ChildCallbacks {
 public:
  Impl(loop::Loop& loop, const ExecHelper& helper, std::string scope,
       std::function<void(const std::string&)> tell)
      : loop_(loop),
        helper_(helper),
        scope_(std::move(scope)),
        tell_(std::move(tell)),
        environment_(words_of(server_environment(environment_of(own_variables())))),
        patience_(loop, [this] { on_patience_over(); }),
        limit_(loop, [this] { on_limit(); }) {}

  void configure(const Callbacks& callbacks) { callbacks_ = callbacks; }

  void call(CallbackKind kind, const std::string& role) {
    const std::string& command = command_of(callbacks_, kind);
    if (command.empty()) return;
    Call call{kind, role == "promoted" ? "primary" : role, {}};
    if (is_over_) {
      tell_(fmt::format("{} is not called: the agent ends", call.name()));
      return;
    }
    auto words = split_command(command);
    if (!words) {
      tell_(fmt::format("{} cannot be called: {}", call.name(), words.error().message));
      return;
    }
    call.words = *std::move(words);
    call.words.insert(call.words.end(), {name_of(kind), call.role, scope_});
    add(std::move(call));
    run_next();
  }

  void finish(Duration limit, std::function<void()> done) {
    done_ = std::move(done);
    if (child_ || !waiting_.empty()) {
      limit_.start(limit);
      return;
    }
    loop_.defer([handle = handles_.handle()] {
      Impl* const self = handle.get();
      // A call that came meanwhile ends it.
      if (self != nullptr && !self->child_) self->end_if_idle();
    });
    limit_.start(limit);
  }

 private:
  void add(Call call) {
    if (call.kind == CallbackKind::on_reload) {
      waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(),
                                    [](const Call& one) { return one.kind == CallbackKind::on_reload; }),
                     waiting_.end());
    }
    if (waiting_.size() >= most_waiting) {
      tell_(fmt::format("{} is not called: {} calls wait for {}", waiting_.front().name(), waiting_.size(),
                        running_.name()));
      waiting_.pop_front();
    }
    waiting_.push_back(std::move(call));
  }

  void run_next() {
    if (waiting_.empty()) return;
    if (child_) {
      if (!patience_.is_active() && !has_lost_patience_) patience_.start(patience);
      return;
    }
    running_ = std::move(waiting_.front());
    waiting_.pop_front();
    last_error_.clear();
    ended_because_ = nullptr;
    has_lost_patience_ = false;
    patience_.stop();
    if (!waiting_.empty()) patience_.start(patience);
    ChildOptions options;
    options.command.environment = environment_;
    options.grace = grace;
    options.longest_line = longest_line;
    // Scripts start what is to live on.
    options.kills_rest = false;
    if (running_.words.front().find('/') != std::string::npos) {
      options.command.program = running_.words.front();
      options.command.arguments = running_.words;
    } else {
      // The shell looks it up in PATH: that reads directories, which the loop's thread never does.
      options.command.program = "/bin/sh";
      options.command.arguments = {"sh", "-c", "exec \"$@\"", "sh"};
      options.command.arguments.insert(options.command.arguments.end(), running_.words.begin(),
                                       running_.words.end());
    }
    child_ = std::make_unique<ChildProcess>(loop_, helper_, std::move(options), *this);
  }

  void on_child_line(ChildOutput from, std::string_view line, bool /*is_cut*/) override {
    if (from == ChildOutput::standard_error && !line.empty()) last_error_ = clean_text(line);
  }

  void on_child_end(const ChildEnd& end) override {
    child_.reset();
    if (!end.is_success()) tell_(running_.name() + " " + how(end));
    run_next();
    end_if_idle();
  }

  [[nodiscard]] std::string how(const ChildEnd& end) const {
    const std::string said = last_error_.empty() ? std::string() : ": " + last_error_;
    if (end.failure) return "could not be started: " + end.failure->words;
    if (ended_because_ != nullptr) return fmt::format("was ended: {}", ended_because_);
    if (end.signal) return fmt::format("died of signal {}{}", *end.signal, said);
    if (end.status) return fmt::format("exited with status {}{}", *end.status, said);
    return "has ended, nobody knows how" + said;
  }

  void on_patience_over() {
    has_lost_patience_ = true;
    if (!child_ || waiting_.empty()) return;
    if (running_.kind == CallbackKind::on_reload) {
      cancel("others wait for it");
    } else {
      tell_(fmt::format("{} takes long, and {} {} for it", running_.name(), waiting_.front().name(),
                        waiting_.size() == 1 ? "waits" : "and others wait"));
    }
  }

  // The limit of finish(): first all are ended, and what then is still there, since the kernel does not let it die, is left to
  // the loop.
  void on_limit() {
    for (const Call& call : waiting_) tell_(call.name() + " is not called: the agent ends");
    waiting_.clear();
    is_over_ = true;
    if (child_ && !is_limit_over_) {
      is_limit_over_ = true;
      cancel("the agent ends");
      limit_.start(grace + 1s);
      return;
    }
    if (child_) tell_(running_.name() + " could not be ended");
    child_.reset();
    end_if_idle();
  }

  void cancel(const char* why) {
    if (ended_because_ != nullptr) return;
    ended_because_ = why;
    child_->cancel();
  }

  // Last in whatever calls it: `done` may destroy this.
  void end_if_idle() {
    if (!done_ || child_ || !waiting_.empty()) return;
    is_over_ = true;
    limit_.stop();
    patience_.stop();
    const auto done = std::exchange(done_, nullptr);
    done();
  }

  loop::Loop& loop_;
  const ExecHelper& helper_;
  const std::string scope_;
  const std::function<void(const std::string&)> tell_;
  const std::vector<std::string> environment_;
  Callbacks callbacks_;
  std::deque<Call> waiting_;
  Call running_;  // while there is a child
  std::string last_error_;
  const char* ended_because_ = nullptr;
  std::unique_ptr<ChildProcess> child_;
  bool has_lost_patience_ = false;  // with the one that runs
  bool is_limit_over_ = false;
  bool is_over_ = false;  // nothing is called any more
  std::function<void()> done_;
  loop::Timer patience_;
  loop::Timer limit_;
  loop::WeakHandles<Impl> handles_{*this};
};

CallbackQueue::CallbackQueue(loop::Loop& loop, const ExecHelper& helper, std::string scope,
                             std::function<void(const std::string& words)> tell)
    : impl_(std::make_unique<Impl>(loop, helper, std::move(scope), std::move(tell))) {}
CallbackQueue::~CallbackQueue() = default;

void CallbackQueue::configure(const Callbacks& callbacks) {
  impl_->configure(callbacks);
}
void CallbackQueue::call(CallbackKind kind, const std::string& role) {
  impl_->call(kind, role);
}
void CallbackQueue::finish(Duration limit, std::function<void()> done) {
  impl_->finish(limit, std::move(done));
}

}  // namespace tamada::agent
