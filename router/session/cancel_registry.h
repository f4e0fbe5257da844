// CancelRegistry: which server a cancel key belongs to, for all workers. Filled from the BackendKeyData of
// sessions in plain text, emptied when they end. Keys are secrets: nothing here prints one.
//
// Any thread; a lock is taken at a session's start and end and for a cancel request, never while bytes flow.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/address.h"
#include "common/postgres/startup_packet.h"
#include "router/balance/ids.h"

namespace tamada::router {

class CancelRegistry {
 public:
  void add(SessionId session, const postgres::CancelRequest& key, const Address& server);
  // `pid` as in the key that was added.
  void remove(SessionId session, std::uint32_t pid);
  // The server of the session that has this key; two servers may use the same pid.
  [[nodiscard]] std::optional<Address> find(const postgres::CancelRequest& request) const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    SessionId session;
    Address server;
    std::string key;
  };
  mutable std::mutex mutex_;
  std::unordered_multimap<std::uint32_t, Entry> by_pid_;  // protected by mutex_
};

}  // namespace tamada::router
