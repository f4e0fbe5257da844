// FleetCall: one question to whichever member answers, until its deadline. Internal to this folder; what is
// asked again, and what is not, stands in client.h.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/backoff.h"
#include "common/etcd/client.h"
#include "common/etcd/fleet.h"
#include "common/etcd/member_call.h"
#include "common/loop/timer.h"

namespace tamada::etcd {

class FleetCall final : public Call {
 public:
  struct Question {
    std::string path;  // behind the prefix
    std::string body;
    bool repeatable = false;  // carrying it out twice is the same
    Duration deadline{};      // of all attempts
  };
  // Decodes an answer and keeps it: whether it is one, and its header.
  using Judge = std::function<Result<ResponseHeader>(const MemberAnswer&)>;
  using Failed = std::function<void(const Failure&)>;

  // `done`: what `judge` has kept is the answer. It or `failed` is called once, never from inside the
  // constructor, and may destroy this object.
  FleetCall(Fleet& fleet, Question question, Judge judge, std::function<void()> done, Failed failed);

 private:
  [[nodiscard]] Duration time_left() const;
  void attempt();
  void on_answer(tl::expected<MemberAnswer, MemberFailure> result);
  void on_failure(const MemberFailure& failed);

  Fleet& fleet_;
  const Question question_;
  const TimePoint end_;
  Judge judge_;
  std::function<void()> done_;
  Failed failed_;
  Backoff backoff_;
  loop::Timer pause_;
  std::size_t index_;
  Member* asked_ = nullptr;    // of the last attempt: the fleet keeps it
  std::size_t tried_ = 0;      // members in this round
  bool may_have_run_ = false;  // one of the attempts
  std::optional<MemberCall> call_;
};

}  // namespace tamada::etcd
