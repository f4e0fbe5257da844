#include "common/etcd/rpc_error.h"

#include <fmt/format.h>

#include <string_view>

namespace tamada::etcd {
namespace {

// The codes are gRPC's (google.golang.org/grpc/codes).
constexpr int invalid_argument = 3;
constexpr int deadline_exceeded = 4;
constexpr int not_found = 5;
constexpr int permission_denied = 7;
constexpr int resource_exhausted = 8;
constexpr int failed_precondition = 9;
constexpr int out_of_range = 11;
constexpr int unimplemented = 12;
constexpr int unavailable = 14;
constexpr int unauthenticated = 16;

constexpr int any = -1;
constexpr std::size_t words_shown = 500;

struct Row {
  int code;
  std::string_view words;  // contained in the message; empty: whatever it says
  RpcFault fault;
};

// The first row that fits. Older versions of etcd use other codes for some of these words.
constexpr Row rows[] = {
    {any, "invalid auth token", RpcFault::not_logged_in},
    {any, "user name is empty", RpcFault::not_logged_in},
    {any, "revision of auth store is old", RpcFault::not_logged_in},
    {any, "authentication is not enabled", RpcFault::login_not_wanted},
    {invalid_argument, "authentication failed", RpcFault::wrong_password},
    {any, "requested lease not found", RpcFault::lease_not_found},
    {any, "lease already exists", RpcFault::lease_exists},
    {any, "required revision has been compacted", RpcFault::compacted},
    {any, "database space exceeded", RpcFault::no_space},
    {unavailable, "no leader", RpcFault::no_leader},
    {any, "not a primary lessor", RpcFault::unavailable},
    {failed_precondition, "auth", RpcFault::other},
    {permission_denied, "", RpcFault::not_permitted},
    {unimplemented, "", RpcFault::unknown_path},
    {unauthenticated, "", RpcFault::not_logged_in},
    {deadline_exceeded, "", RpcFault::unavailable},
    {resource_exhausted, "", RpcFault::unavailable},
    {failed_precondition, "", RpcFault::unavailable},
    {unavailable, "", RpcFault::unavailable},
};

}  // namespace

RpcFault RpcError::fault() const {
  for (const Row& row : rows) {
    const bool same_code = row.code == any || row.code == code;
    if (same_code && message.find(row.words) != std::string::npos) return row.fault;
  }
  return RpcFault::other;
}

bool RpcError::is_transient() const {
  switch (fault()) {
    case RpcFault::no_space:
    case RpcFault::no_leader:
    case RpcFault::unavailable:
      return true;
    default:
      return false;
  }
}

bool RpcError::may_have_run() const {
  switch (fault()) {
    case RpcFault::unknown_path:
    case RpcFault::not_logged_in:
    case RpcFault::login_not_wanted:
    case RpcFault::wrong_password:
    case RpcFault::not_permitted:
    case RpcFault::lease_not_found:
    case RpcFault::lease_exists:
    case RpcFault::compacted:
    case RpcFault::no_leader:
      return false;
    default:
      // Checked before a request is handed to raft, or before it is applied.
      return code != invalid_argument && code != not_found && code != failed_precondition &&
             code != out_of_range;
  }
}

Error RpcError::to_error() const {
  ErrorKind kind = is_transient() ? ErrorKind::unavailable : ErrorKind::invalid;
  const RpcFault what = fault();
  if (what == RpcFault::not_permitted || what == RpcFault::not_logged_in ||
      what == RpcFault::wrong_password) {
    kind = ErrorKind::denied;
  }
  // The words are etcd's: nothing but printable text goes on.
  std::string words = message;
  for (char& c : words) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return {kind, fmt::format("etcd answers: {} (code {})", words.substr(0, words_shown), code)};
}

}  // namespace tamada::etcd
