#include "common/etcd/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/etcd/backoff.h"
#include "common/etcd/codec.h"
#include "common/etcd/fleet.h"
#include "common/etcd/member_call.h"
#include "common/loop/clock.h"

namespace tamada::etcd {
namespace {

// Even with little time left a member gets this long before the next one is asked.
constexpr Duration least_share = 500ms;

// A call to whichever member answers, until the deadline.
class FleetCall final : public Call {
 public:
  // `judge` decodes the answer: whether it is one, and its header.
  using Judge = std::function<Result<ResponseHeader>(const MemberAnswer&)>;
  using Failed = std::function<void(const Error&)>;

  // `judge` keeps what it has decoded; `done` hands it on.
  FleetCall(Fleet& fleet, std::string path, std::string body, bool repeatable, Duration deadline, Judge judge,
            std::function<void()> done, Failed failed)
      : fleet_(fleet),
        path_(std::move(path)),
        body_(std::move(body)),
        repeatable_(repeatable),
        end_(loop::boot_now() + deadline),
        judge_(std::move(judge)),
        done_(std::move(done)),
        failed_(std::move(failed)),
        backoff_(100ms, 1s, fleet.random_seed()),
        pause_(fleet.loop(), [this] { attempt(); }),
        index_(fleet.preferred()) {
    attempt();
  }

 private:
  [[nodiscard]] Duration time_left() const { return end_ - loop::boot_now(); }

  void attempt() {
    const auto left_in_round = static_cast<Duration::rep>(fleet_.size() - tried_);
    const Duration share = std::max(time_left() / left_in_round, std::min(time_left(), least_share));
    call_.emplace(fleet_, fleet_.member(index_), path_, body_, std::max<Duration>(share, 1ms),
                  [this](tl::expected<MemberAnswer, MemberFailure> result) { on_answer(std::move(result)); });
  }

  void on_answer(tl::expected<MemberAnswer, MemberFailure> result) {
    call_.reset();
    if (result) {
      const auto header = judge_(*result);
      const auto fresh = header ? fleet_.check(*header, fleet_.member(index_)) : Result<void>{};
      if (header && fresh) {
        fleet_.prefer(index_);
        const auto done = std::exchange(done_, {});  // it may destroy this call
        return done();
      }
      const Error error =
          header ? fresh.error()
                 : Error{header.error().kind,
                         fmt::format("etcd {}: {}", fleet_.member(index_).words(), header.error().message)};
      result = tl::make_unexpected(MemberFailure{error, true, true});
    }
    on_failure(result.error());
  }

  void on_failure(const MemberFailure& failure) {
    const bool again = failure.try_elsewhere && (repeatable_ || !failure.may_have_run);
    const bool round_over = ++tried_ == fleet_.size();
    const Duration wait = round_over ? backoff_.next() : Duration{};
    if (!again || time_left() <= wait) {
      const auto failed = std::exchange(failed_, {});
      return failed(failure.error);
    }
    ++index_;
    if (round_over) tried_ = 0;
    pause_.start(wait);
  }

  Fleet& fleet_;
  const std::string path_;
  const std::string body_;
  const bool repeatable_;
  const TimePoint end_;
  Judge judge_;
  std::function<void()> done_;
  Failed failed_;
  Backoff backoff_;
  loop::Timer pause_;
  std::size_t index_;
  std::size_t tried_ = 0;  // members in this round
  std::optional<MemberCall> call_;
};

template <class Reply>
CallPtr call(Fleet& fleet, std::string path, std::string body, bool repeatable, Duration deadline,
             Result<Reply> (*decode)(std::string_view), std::function<void(Result<Reply>)> callback) {
  const auto reply = std::make_shared<Reply>();  // between judge and done, both owned by the call
  const auto tell = std::make_shared<std::function<void(Result<Reply>)>>(std::move(callback));
  return std::make_unique<FleetCall>(
      fleet, std::move(path), std::move(body), repeatable, deadline,
      [reply, decode](const MemberAnswer& answer) -> Result<ResponseHeader> {
        auto decoded = decode(answer.body);
        if (!decoded) return tl::make_unexpected(decoded.error());
        *reply = std::move(*decoded);
        if constexpr (requires { reply->as_of; }) reply->as_of = answer.as_of;
        return reply->header;
      },
      [reply, tell] { (*tell)(std::move(*reply)); },
      [tell](const Error& error) { (*tell)(tl::make_unexpected(error)); });
}

}  // namespace

Client::Client(loop::Loop& loop, loop::Resolver& resolver, ClientOptions options)
    : fleet_(std::make_unique<Fleet>(loop, resolver, std::move(options))) {}

Client::~Client() = default;

CallPtr Client::range(const RangeRequest& request, Callback<RangeReply> callback) {
  return call(*fleet_, "/kv/range", encode(request), true, fleet_->options().deadline, decode_range,
              std::move(callback));
}

CallPtr Client::put(const PutRequest& request, Callback<PutReply> callback) {
  return call(*fleet_, "/kv/put", encode(request), true, fleet_->options().deadline, decode_put,
              std::move(callback));
}

CallPtr Client::txn(const TxnRequest& request, Callback<TxnReply> callback) {
  return call(*fleet_, "/kv/txn", encode(request), false, fleet_->options().deadline, decode_txn,
              std::move(callback));
}

CallPtr Client::lease_grant(std::int64_t ttl, Callback<LeaseReply> callback) {
  // Granted twice, the first one just runs out.
  return call(*fleet_, "/lease/grant", encode_lease_grant(ttl), true, fleet_->options().deadline,
              decode_lease, std::move(callback));
}

CallPtr Client::lease_keepalive(std::int64_t id, Callback<LeaseReply> callback) {
  return call(*fleet_, "/lease/keepalive", encode_lease_keepalive(id), true, fleet_->options().deadline,
              decode_lease, std::move(callback));
}

}  // namespace tamada::etcd
