#include "router/shell/cancel_registry.h"

namespace tamada::router {

namespace {

// Takes the same time wherever the keys differ.
bool same_secret(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace

void CancelRegistry::add(SessionId session, const wire::CancelRequest& key, const Address& server) {
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

std::optional<Address> CancelRegistry::find(const wire::CancelRequest& request) const {
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
