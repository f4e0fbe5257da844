// Client: etcd v3 through its JSON gateway, one cluster, several end points.
//
// A call goes to the end point that answered last; when that one cannot be reached, does not answer in its
// share of the time, says that it cannot serve, or shows an older raft term than was seen of this cluster (a
// member that the others have left behind), the call goes to the next, until the deadline. Writes are only
// sent again when no attempt before can have been carried out (Failure::may_have_run is false of it) or
// carrying it out twice is the same (put of the same value, keep-alive).
//
// What it cannot know: whether a request was carried out whose answer did not come. A txn is then an error
// with may_have_run, at once and whatever time is left, and the caller reads what came of it. Nor does
// destroying a call take back what it has sent.
//
// Logs in (user and password) per member when asked to, and again when etcd says that the token is not known
// any more (they run out); after a login that failed, the next call tries again. The gateway's prefix (/v3,
// /v3beta) is found out from GET /version. Names are resolved anew for every connection. Nothing is ever
// logged here; error texts hold no secret.
//
// Every reply carries etcd's header: the revision, and the raft term in which it was given. Two replies of
// one term were given under the same leader.
//
// Loop thread only. Loop, resolver and TLS context must outlive it. Destroying it, or a Call, cancels: no
// callback runs afterwards; both may happen inside a callback.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/etcd/failure.h"
#include "common/etcd/values.h"
#include "common/http/tls_context.h"
#include "common/http/url.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"

namespace tamada::etcd {

class Fleet;

// As whom the client logs in.
struct Credentials {
  std::string user;  // empty: no authentication
  std::string password;
  // Instead of `password`: asked before each login, so that a password that was changed meanwhile is used by
  // the next one. Calls back once, on the loop, at once or later; a login waits for it within its call's
  // time.
  std::function<void(std::function<void(Result<std::string>)> then)> read_password = {};
};

struct ClientOptions {
  std::vector<http::Url> endpoints;  // at least one; asked in this order
  http::TlsContext* tls = nullptr;   // for https end points
  Credentials credentials;
  Duration deadline = 5s;  // of a call that names none, all attempts together
};

// A call in flight. Destroying it cancels.
class Call {
 public:
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 protected:
  Call() = default;
};
using CallPtr = std::unique_ptr<Call>;

class Client {
 public:
  template <class Reply>
  using Callback = std::function<void(Outcome<Reply>)>;

  Client(loop::Loop& loop, loop::Resolver& resolver, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // For all logins from now on. Tokens of the former user are forgotten; a call that has sent its question
  // already is answered under the former one.
  void set_credentials(Credentials credentials);

  // For all attempts from now on, also of calls that are under way; at least one, each once. A watch goes on where it
  // stands.
  void set_endpoints(const std::vector<http::Url>& endpoints);

  // The callback runs once, never from inside the call. `deadline`: of all attempts together; 0: that of the
  // client.
  [[nodiscard]] CallPtr range(const RangeRequest& request, Callback<RangeReply> callback,
                              Duration deadline = 0s);
  [[nodiscard]] CallPtr put(const PutRequest& request, Callback<PutReply> callback, Duration deadline = 0s);
  [[nodiscard]] CallPtr txn(const TxnRequest& request, Callback<TxnReply> callback, Duration deadline = 0s);
  // A transaction: as there, nothing is sent again that may have run.
  [[nodiscard]] CallPtr remove(const RemoveRequest& request, Callback<RemoveReply> callback,
                               Duration deadline = 0s);

  // Leases: see lease.h for one that is held. `ttl` in seconds, at least 1; etcd may grant more.
  [[nodiscard]] CallPtr lease_grant(std::int64_t ttl, Callback<LeaseReply> callback, Duration deadline = 0s);
  [[nodiscard]] CallPtr lease_keepalive(std::int64_t id, Callback<LeaseReply> callback,
                                        Duration deadline = 0s);
  // The keys that hang on it go with it. A lease that is not there (any more) is a success.
  [[nodiscard]] CallPtr lease_revoke(std::int64_t id, Callback<RevokeReply> callback, Duration deadline = 0s);
  // `keys`: those that hang on it are told, too.
  [[nodiscard]] CallPtr time_to_live(std::int64_t id, bool keys, Callback<TimeToLiveReply> callback,
                                     Duration deadline = 0s);

  // Answered by the member from what it has: one that is cut off may tell an old list.
  [[nodiscard]] CallPtr member_list(Callback<MemberListReply> callback, Duration deadline = 0s);

  // Etcd's id of the cluster that answered last; 0: none yet. Another one is a store that was made anew.
  [[nodiscard]] std::uint64_t cluster_id() const;

  // For Watch.
  [[nodiscard]] Fleet& fleet() { return *fleet_; }

 private:
  std::unique_ptr<Fleet> fleet_;
};

}  // namespace tamada::etcd
