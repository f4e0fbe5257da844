#include "agent/server/actions/action_runner.h"

#include <atomic>
#include <utility>

#include "agent/server/actions/action_work.h"
#include "agent/server/actions/guard_tool_runner.h"
#include "common/loop/blocking_task.h"
#include "common/loop/lifetime.h"

namespace tamada::agent {

namespace {

using ha::ActionKind;
using ha::ActionResult;

bool is_stop(ActionKind kind) {
  return kind == ActionKind::stop_fast || kind == ActionKind::stop_immediate;
}

ActionResult carry_out(const ActionWork& work) {
  // Without it the server can be ended, and nothing of it can be started: what would stop it first is not begun.
  if (work.guard.told_before_missing() && !is_stop(work.action.kind))
    return {ActionResult::Outcome::failed, ha::Divergence::cannot_know, "the guard is missing"};
  switch (work.action.kind) {
    case ActionKind::none:
      break;
    case ActionKind::bootstrap:
      return act_bootstrap(work);
    case ActionKind::clone:
      return act_clone(work);
    case ActionKind::start_primary:
    case ActionKind::start_standby:
      return act_start(work);
    case ActionKind::promote:
      return act_promote(work);
    case ActionKind::stop_fast:
    case ActionKind::stop_immediate:
      return act_stop(work);
    case ActionKind::restart:
      return act_restart(work);
    case ActionKind::check_divergence:
      return act_check_divergence(work);
    case ActionKind::rewind:
      return act_rewind(work);
    case ActionKind::set_aside:
      return act_set_aside(work);
    case ActionKind::recover_alone:
      return act_recover_alone(work);
  }
  return {ActionResult::Outcome::failed, ha::Divergence::cannot_know, "there is no such action"};
}

// What the thread has, which may outlive the runner: a tool that does not end, a disk that hangs.
struct Job {
  ha::Action action;
  ActionContext context;
  std::shared_ptr<GuardHands::Shared> guard;
  std::shared_ptr<const ExecHelper> helper;
  std::shared_ptr<const std::atomic<bool>> is_agent_ending;
  std::function<void(std::optional<patroni::ServerState>)> tell_state;
  std::function<void(const std::string& words, bool is_warning)> tell;
  std::function<void(const std::vector<std::string>& findings)> tell_findings;

  ActionResult run(const std::stop_token& stop) const {
    GuardToolRunner changing(*guard);
    ChildToolRunner looking(*helper);
    return carry_out({action, context, *guard, changing, looking, tell_state, tell, stop,
                      [ending = is_agent_ending] { return ending->load(); }, tell_findings});
  }
};

}  // namespace

class ActionRunner::Impl {
 public:
  Impl(loop::Loop& loop, GuardHands& guard, const ExecHelper& helper, ActionProgress progress)
      : loop_(loop), guard_(guard), progress_(std::move(progress)) {
    // A descriptor of its own, of the very file that was found.
    auto own = ExecHelper::open(helper.program());
    if (own) {
      helper_ = std::make_shared<ExecHelper>(*std::move(own));
    } else {
      problem_ = std::move(own.error());
    }
  }
  ~Impl() {
    ending_->store(true);
    handles_.end();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void begin(const ha::Action& action, ActionContext context, Done done);
  void cancel(std::uint64_t id) {
    if (is_running() && id_ == id) task_->cancel();
  }
  [[nodiscard]] bool is_running() const { return task_ && task_->is_running(); }

 private:
  // For the action's thread: what it tells arrives here, as long as this is here.
  template <class... Values, class Use>
  std::function<void(Values...)> on_loop(Use use) {
    return [handle = handles_.handle(), poster = loop_.poster(), use](Values... values) {
      poster.post([handle, use, ... values = std::move(values)] {
        if (Impl* self = handle.get()) use(*self, values...);
      });
    };
  }

  loop::Loop& loop_;
  GuardHands& guard_;
  const ActionProgress progress_;
  std::shared_ptr<const ExecHelper> helper_;
  Error problem_;  // why there is none
  const std::shared_ptr<std::atomic<bool>> ending_ = std::make_shared<std::atomic<bool>>(false);
  std::uint64_t id_ = 0;
  loop::WeakHandles<Impl> handles_{*this};
  std::unique_ptr<loop::BlockingTask> task_;  // goes first: it waits for its thread
};

void ActionRunner::Impl::begin(const ha::Action& action, ActionContext context, Done done) {
  id_ = action.id;
  const auto state = on_loop<std::optional<patroni::ServerState>>(
      [](Impl& self, const std::optional<patroni::ServerState>& now) {
        if (self.progress_.on_state) self.progress_.on_state(now);
      });
  const auto words = on_loop<std::string, bool>([](Impl& self, const std::string& said, bool is_warning) {
    if (self.progress_.on_words) self.progress_.on_words(said, is_warning);
  });
  const auto findings =
      on_loop<std::vector<std::string>>([](Impl& self, const std::vector<std::string>& found) {
        if (self.progress_.on_findings) return self.progress_.on_findings(found);
        if (!self.progress_.on_words) return;
        for (const std::string& one : found) self.progress_.on_words(one, true);
      });
  const auto job = std::make_shared<const Job>(
      Job{action, std::move(context), guard_.shared(), helper_, ending_, state, words, findings});
  task_ = std::make_unique<loop::BlockingTask>(
      loop_, "action",
      [job, problem = problem_](const std::stop_token& stop) {
        if (job->helper) return job->run(stop);
        return ActionResult{ActionResult::Outcome::failed, ha::Divergence::cannot_know, problem.message};
      },
      [done = std::move(done)](const Result<ActionResult>& result) {
        if (result) return done(*result);
        done({ActionResult::Outcome::failed, ha::Divergence::cannot_know, result.error().message});
      });
}

ActionRunner::ActionRunner(loop::Loop& loop, GuardHands& guard, const ExecHelper& helper,
                           ActionProgress progress)
    : impl_(std::make_unique<Impl>(loop, guard, helper, std::move(progress))) {}

ActionRunner::~ActionRunner() = default;

void ActionRunner::begin(const ha::Action& action, ActionContext context, Done done) {
  impl_->begin(action, std::move(context), std::move(done));
}

void ActionRunner::cancel(std::uint64_t id) {
  impl_->cancel(id);
}

bool ActionRunner::is_running() const {
  return impl_->is_running();
}

}  // namespace tamada::agent
