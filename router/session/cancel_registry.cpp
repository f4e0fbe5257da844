#include "router/session/cancel_registry.h"

#include "common/base/secret.h"

namespace tamada::router {

void CancelRegistry::add(SessionId session, const postgres::CancelRequest& key, const Address& server) {
  const std::lock_guard lock(mutex_);
  by_pid_.emplace(key.pid, Entry{session, server, key.key});
}

void CancelRegistry::remove(SessionId session, std::uint32_t pid) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = by_pid_.equal_range(pid);
  for (auto it = begin; it != end; ++it) {
    if (it->second.session == session) {
      by_pid_.erase(it);
      return;
    }
  }
}

std::optional<Address> CancelRegistry::find(const postgres::CancelRequest& request) const {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = by_pid_.equal_range(request.pid);
  for (auto it = begin; it != end; ++it) {
    if (same_secret(it->second.key, request.key)) return it->second.server;
  }
  return std::nullopt;
}

std::size_t CancelRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return by_pid_.size();
}

}  // namespace tamada::router
