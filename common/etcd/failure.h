// Failure: why a call to etcd came to nothing, and whether it may have been carried out all the same.
#pragma once

#include "common/base/result.h"
#include "common/etcd/rpc_error.h"

namespace tamada::etcd {

struct Failure {
  // Kinds: those of http::ClientRequest for transport, unresolved, denied (user, password, permission),
  // unavailable (etcd cannot serve now), invalid (not etcd's format, or a request it refuses).
  Error error;
  RpcFault fault = RpcFault::none;  // what etcd said, if it did
  // What nobody can know without reading again: a request went out, in one of the attempts, and no answer
  // says that it was refused. False: it was not carried out, and will not be.
  bool may_have_run = false;

  bool operator==(const Failure&) const = default;
};

template <class T>
using Outcome = tl::expected<T, Failure>;

}  // namespace tamada::etcd
