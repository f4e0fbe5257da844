// The JSON of etcd's gRPC gateway, both ways. Pure. The format is that of protobuf's JSON mapping: int64 and
// uint64 are strings (numbers are taken, too), bytes are base64, and what is false, 0 or empty is left out.
//
// Replies: a member that is there with another type, a number that does not fit, bad base64 or a key given
// twice make the whole reply an error (kind invalid) that names it; so does one beyond the limits (16 MiB,
// 500,000 values; kind too_large). Unknown members are ignored.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/etcd/rpc_error.h"
#include "common/etcd/values.h"

namespace tamada::etcd {

[[nodiscard]] std::string encode(const RangeRequest& request);
[[nodiscard]] std::string encode(const PutRequest& request);
[[nodiscard]] std::string encode(const TxnRequest& request);
[[nodiscard]] std::string encode(const RemoveRequest& request);  // a transaction
[[nodiscard]] std::string encode_lease_grant(std::int64_t ttl);
[[nodiscard]] std::string encode_lease_keepalive(std::int64_t id);
[[nodiscard]] std::string encode_lease_revoke(std::int64_t id);
// `keys`: those that hang on it are told, too.
[[nodiscard]] std::string encode_time_to_live(std::int64_t id, bool keys);
[[nodiscard]] std::string encode_login(const std::string& user, const std::string& password);
// Everything from `start_revision` on.
[[nodiscard]] std::string encode_watch(const std::string& key, Scope scope, std::int64_t start_revision);

// Of any reply; zeros where there is none.
[[nodiscard]] Result<ResponseHeader> decode_header(std::string_view json);
[[nodiscard]] Result<RangeReply> decode_range(std::string_view json);
[[nodiscard]] Result<PutReply> decode_put(std::string_view json);
[[nodiscard]] Result<TxnReply> decode_txn(std::string_view json);
// Of a grant, or of a keep-alive (there under "result"; an "error" there is an error here).
[[nodiscard]] Result<LeaseReply> decode_lease(std::string_view json);
[[nodiscard]] Result<RemoveReply> decode_remove(std::string_view json);
[[nodiscard]] Result<RevokeReply> decode_revoke(std::string_view json);
[[nodiscard]] Result<TimeToLiveReply> decode_time_to_live(std::string_view json);
[[nodiscard]] Result<MemberListReply> decode_member_list(std::string_view json);
[[nodiscard]] Result<std::string> decode_token(std::string_view json);
// One object of a watch's stream.
[[nodiscard]] Result<WatchMessage> decode_watch(std::string_view json);

// What an answer that is no success says: etcd's code and words, or, if it is no JSON of etcd, the status.
[[nodiscard]] RpcError decode_error(int http_status, std::string_view body);

// The gateway's prefix for what GET /version says: "/v3", "/v3beta" (3.3), "/v3alpha" (older).
[[nodiscard]] Result<std::string> prefix_of_version(std::string_view json);

}  // namespace tamada::etcd
