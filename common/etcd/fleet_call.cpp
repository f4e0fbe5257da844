#include "common/etcd/fleet_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::etcd {
namespace {

// Even with little time left a member gets this long before the next one is asked.
constexpr Duration least_share = 500ms;

}  // namespace

FleetCall::FleetCall(Fleet& fleet, Question question, Judge judge, std::function<void()> done, Failed failed)
    : fleet_(fleet),
      question_(std::move(question)),
      end_(loop::boot_now() + question_.deadline),
      judge_(std::move(judge)),
      done_(std::move(done)),
      failed_(std::move(failed)),
      backoff_(100ms, 1s, fleet.random_seed()),
      pause_(fleet.loop(), [this] { attempt(); }),
      index_(fleet.preferred()) {
  attempt();
}

Duration FleetCall::time_left() const {
  return end_ - loop::boot_now();
}

void FleetCall::attempt() {
  // The end points may have become fewer meanwhile.
  const auto left_in_round = static_cast<Duration::rep>(fleet_.size() - std::min(tried_, fleet_.size() - 1));
  const Duration share = std::max(time_left() / left_in_round, std::min(time_left(), least_share));
  asked_ = &fleet_.member(index_);
  call_.emplace(fleet_, *asked_, question_.path, question_.body, std::max<Duration>(share, 1ms),
                [this](tl::expected<MemberAnswer, MemberFailure> result) { on_answer(std::move(result)); });
}

void FleetCall::on_answer(tl::expected<MemberAnswer, MemberFailure> result) {
  call_.reset();
  if (!result) return on_failure(result.error());
  const std::string member = asked_->words();
  const auto header = judge_(*result);
  const auto fresh = header ? fleet_.check(*header, *asked_) : Result<void>{};
  if (header && fresh) {
    fleet_.prefer(*asked_);
    const auto done = std::exchange(done_, {});  // it may destroy this call
    return done();
  }
  const Error error =
      header ? fresh.error()
             : Error{header.error().kind, fmt::format("etcd {}: {}", member, header.error().message)};
  on_failure(MemberFailure{{error, RpcFault::none, true}, true});
}

void FleetCall::on_failure(const MemberFailure& failed) {
  may_have_run_ = may_have_run_ || failed.failure.may_have_run;
  const bool again = failed.try_elsewhere && (question_.repeatable || !may_have_run_);
  const bool round_over = ++tried_ >= fleet_.size();
  const Duration wait = round_over ? backoff_.next() : Duration{};
  if (!again || time_left() <= wait) {
    Failure failure = failed.failure;
    failure.may_have_run = may_have_run_;
    const auto tell = std::exchange(failed_, {});  // it may destroy this call
    return tell(failure);
  }
  ++index_;
  if (round_over) tried_ = 0;
  pause_.start(wait);
}

}  // namespace tamada::etcd
