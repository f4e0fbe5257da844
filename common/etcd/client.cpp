#include "common/etcd/client.h"

#include <utility>

#include "common/etcd/codec.h"
#include "common/etcd/fleet.h"
#include "common/etcd/fleet_call.h"

namespace tamada::etcd {
namespace {

template <class Reply>
CallPtr call(Fleet& fleet, FleetCall::Question question, Result<Reply> (*decode)(std::string_view),
             std::function<void(Outcome<Reply>)> callback) {
  if (question.deadline == 0s) question.deadline = fleet.options().deadline;
  const auto reply = std::make_shared<Reply>();  // between judge and done, both owned by the call
  const auto tell = std::make_shared<std::function<void(Outcome<Reply>)>>(std::move(callback));
  return std::make_unique<FleetCall>(
      fleet, std::move(question),
      [reply, decode](const MemberAnswer& answer) -> Result<ResponseHeader> {
        auto decoded = decode(answer.body);
        if (!decoded) return tl::make_unexpected(decoded.error());
        *reply = std::move(*decoded);
        if constexpr (requires { reply->as_of; }) reply->as_of = answer.as_of;
        return reply->header;
      },
      [reply, tell] { (*tell)(std::move(*reply)); },
      [tell](const Failure& failure) { (*tell)(tl::make_unexpected(failure)); });
}

constexpr bool repeatable = true;

}  // namespace

Client::Client(loop::Loop& loop, loop::Resolver& resolver, ClientOptions options)
    : fleet_(std::make_unique<Fleet>(loop, resolver, std::move(options))) {}

Client::~Client() = default;

void Client::set_credentials(Credentials credentials) {
  fleet_->set_credentials(std::move(credentials));
}

void Client::set_endpoints(const std::vector<http::Url>& endpoints) {
  fleet_->set_endpoints(endpoints);
}

std::uint64_t Client::cluster_id() const {
  return fleet_->cluster_id();
}

CallPtr Client::range(const RangeRequest& request, Callback<RangeReply> callback, Duration deadline) {
  return call(*fleet_, {"/kv/range", encode(request), repeatable, deadline}, decode_range,
              std::move(callback));
}

CallPtr Client::put(const PutRequest& request, Callback<PutReply> callback, Duration deadline) {
  return call(*fleet_, {"/kv/put", encode(request), repeatable, deadline}, decode_put, std::move(callback));
}

CallPtr Client::txn(const TxnRequest& request, Callback<TxnReply> callback, Duration deadline) {
  return call(*fleet_, {"/kv/txn", encode(request), !repeatable, deadline}, decode_txn, std::move(callback));
}

CallPtr Client::remove(const RemoveRequest& request, Callback<RemoveReply> callback, Duration deadline) {
  // The second time it would remove what somebody else has put there meanwhile.
  return call(*fleet_, {"/kv/txn", encode(request), !repeatable, deadline}, decode_remove,
              std::move(callback));
}

CallPtr Client::lease_grant(std::int64_t ttl, Callback<LeaseReply> callback, Duration deadline) {
  // Granted twice, the first one just runs out.
  return call(*fleet_, {"/lease/grant", encode_lease_grant(ttl), repeatable, deadline}, decode_lease,
              std::move(callback));
}

CallPtr Client::lease_keepalive(std::int64_t id, Callback<LeaseReply> callback, Duration deadline) {
  return call(*fleet_, {"/lease/keepalive", encode_lease_keepalive(id), repeatable, deadline}, decode_lease,
              std::move(callback));
}

CallPtr Client::lease_revoke(std::int64_t id, Callback<RevokeReply> callback, Duration deadline) {
  // 3.3 has this path only, later versions both.
  return call<RevokeReply>(*fleet_, {"/kv/lease/revoke", encode_lease_revoke(id), repeatable, deadline},
                           decode_revoke, [callback = std::move(callback)](Outcome<RevokeReply> outcome) {
                             const bool was_gone =
                                 !outcome && outcome.error().fault == RpcFault::lease_not_found;
                             if (was_gone) return callback(RevokeReply{});
                             callback(std::move(outcome));
                           });
}

CallPtr Client::time_to_live(std::int64_t id, bool keys, Callback<TimeToLiveReply> callback,
                             Duration deadline) {
  return call(*fleet_, {"/kv/lease/timetolive", encode_time_to_live(id, keys), repeatable, deadline},
              decode_time_to_live, std::move(callback));
}

CallPtr Client::member_list(Callback<MemberListReply> callback, Duration deadline) {
  return call(*fleet_, {"/cluster/member/list", "{}", repeatable, deadline}, decode_member_list,
              std::move(callback));
}

}  // namespace tamada::etcd
