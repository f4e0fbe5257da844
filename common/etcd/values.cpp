#include "common/etcd/values.h"

#include <fmt/format.h>

#include <utility>

namespace tamada::etcd {

std::string range_end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<unsigned char>(end.back());
    if (last < 0xff) {
      end.back() = static_cast<char>(last + 1);
      return end;
    }
    end.pop_back();
  }
  return std::string(1, '\0');
}

Compare Compare::absent(std::string key) {
  return {std::move(key), Target::create_revision, Operator::equal, {}, 0};
}

Compare Compare::value_is(std::string key, std::string value) {
  return {std::move(key), Target::value, Operator::equal, std::move(value), 0};
}

Compare Compare::mod_revision_is(std::string key, std::int64_t revision) {
  return {std::move(key), Target::mod_revision, Operator::equal, {}, revision};
}

// The codes are gRPC's (google.golang.org/grpc/codes).
namespace {
constexpr int invalid_argument = 3;
constexpr int deadline_exceeded = 4;
constexpr int permission_denied = 7;
constexpr int resource_exhausted = 8;
constexpr int failed_precondition = 9;
constexpr int unavailable = 14;
constexpr int unauthenticated = 16;
}  // namespace

bool RpcError::wants_authentication() const {
  const auto says = [this](std::string_view words) { return message.find(words) != std::string::npos; };
  return code == unauthenticated || says("invalid auth token") || says("user name is empty") ||
         says("revision of auth store is old");
}

bool RpcError::needs_no_login() const {
  return message.find("authentication is not enabled") != std::string::npos;
}

bool RpcError::is_transient() const {
  return code == unavailable || code == deadline_exceeded || code == resource_exhausted ||
         (code == failed_precondition && message.find("auth") == std::string::npos) ||
         message.find("not a primary lessor") != std::string::npos;
}

Error RpcError::to_error() const {
  ErrorKind kind = ErrorKind::invalid;
  if (is_transient()) kind = ErrorKind::unavailable;
  if (code == permission_denied || wants_authentication() ||
      (code == invalid_argument && message.find("authentication failed") != std::string::npos)) {
    kind = ErrorKind::denied;
  }
  // The words are etcd's: nothing but printable text goes on.
  std::string words = message;
  for (char& c : words) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return {kind, fmt::format("etcd answers: {} (code {})", words.substr(0, 500), code)};
}

}  // namespace tamada::etcd
