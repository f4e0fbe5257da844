// RpcError: an answer of etcd that is an error. Pure.
//
// Over the gateway an error is gRPC's code and a sentence; several errors share a code, and only the sentence
// tells them apart (they are listed in etcd's api/v3rpc/rpctypes/error.go). So here, and nowhere else, the
// words are looked at; everybody else branches on the RpcFault.
#pragma once

#include <string>

#include "common/base/result.h"

namespace tamada::etcd {

enum class RpcFault {
  none,              // no answer of etcd is behind it (the network, a format, a deadline)
  other,             // a request that etcd refuses
  unknown_path,      // another prefix of the gateway, or no etcd
  not_logged_in,     // no token, or one that is not known any more: authenticate (again)
  login_not_wanted,  // authentication is off
  wrong_password,    // or an unknown user
  not_permitted,     // the user may not do this
  lease_not_found,   // it ran out, or was revoked
  lease_exists,      // somebody else has chosen this id
  compacted,         // what was asked for is older than what etcd still has
  no_space,          // its database is full
  no_leader,         // the cluster cannot serve; nothing was carried out
  unavailable,       // it cannot serve now (timed out, stopping, too busy, a new leader): another may
};

struct RpcError {
  int code = 2;
  std::string message;

  [[nodiscard]] RpcFault fault() const;
  // Another member may know better, or this one later: no leader, timed out, stopping, full.
  [[nodiscard]] bool is_transient() const;
  // False: etcd said no before anything was done. True where that cannot be told from the answer.
  [[nodiscard]] bool may_have_run() const;
  // "etcd answers: etcdserver: permission denied (code 7)"
  [[nodiscard]] Error to_error() const;
};

}  // namespace tamada::etcd
