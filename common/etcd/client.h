// Client: etcd v3 through its JSON gateway, one cluster, several end points.
//
// A call goes to the end point that answered last; when that one cannot be reached, does not answer in its
// share of the time, says that it cannot serve, or shows an older raft term than was seen of this cluster (a
// member that the others have left behind), the call goes to the next, until the deadline. Writes are only
// sent again when the first attempt cannot have been carried out or carrying it out twice is the same (put of
// the same value, keep-alive); a txn whose answer was lost is an error (kind closed, reset or timeout): the
// caller reads what came of it.
//
// Logs in (user and password) per member when asked to, and again when etcd says that the token is not known
// any more; after a login that failed, the next call tries again. The gateway's prefix (/v3, /v3beta) is
// found out from GET /version. Names are resolved anew for every connection. Nothing is ever logged here;
// error texts hold no secret.
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
#include "common/etcd/values.h"
#include "common/http/tls_context.h"
#include "common/http/url.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"

namespace tamada::etcd {

class Fleet;

struct ClientOptions {
  std::vector<http::Url> endpoints;  // at least one; asked in this order
  http::TlsContext* tls = nullptr;   // for https end points
  std::string user;                  // empty: no authentication
  std::string password;
  // Instead of `password`: asked before each login, so that a password that was changed meanwhile is used by
  // the next one. Calls back once, on the loop, at once or later; a login waits for it within its call's
  // time.
  std::function<void(std::function<void(Result<std::string>)> then)> read_password;
  Duration deadline = 5s;  // of one call, all attempts together
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
  using Callback = std::function<void(Result<Reply>)>;

  Client(loop::Loop& loop, loop::Resolver& resolver, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The callback runs once, never from inside the call. Error kinds: those of http::ClientRequest for
  // transport, unresolved, denied (user, password, permission), unavailable (etcd cannot serve now), invalid
  // (not etcd's format, or a request it refuses).
  [[nodiscard]] CallPtr range(const RangeRequest& request, Callback<RangeReply> callback);
  [[nodiscard]] CallPtr put(const PutRequest& request, Callback<PutReply> callback);
  [[nodiscard]] CallPtr txn(const TxnRequest& request, Callback<TxnReply> callback);
  // `ttl` in seconds, at least 1; etcd may grant more.
  [[nodiscard]] CallPtr lease_grant(std::int64_t ttl, Callback<LeaseReply> callback);
  [[nodiscard]] CallPtr lease_keepalive(std::int64_t id, Callback<LeaseReply> callback);

  // For Watch.
  [[nodiscard]] Fleet& fleet() { return *fleet_; }

 private:
  std::unique_ptr<Fleet> fleet_;
};

}  // namespace tamada::etcd
