// EtcdStore: what an etcd cluster has agreed on: keys with their revisions, the events that made them, leases with their
// keys. A plain value: a copy is a backup, or what a member knows that was left behind.
//
// No time and no members here. The rules are those of etcd 3.4 (server/etcdserver/apply.go, mvcc/kvstore_txn.go,
// api/v3rpc/key.go in its sources): a request that changes something takes the next revision, all its changes have that
// one, and a request that changes nothing takes none. Held to a real etcd by real_etcd/etcd_conformance_test.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/etcd/rpc_error.h"
#include "common/etcd/values.h"

namespace tamada::simulation {

// What etcd answers instead of a reply, with its code and words.
template <class T>
using EtcdAnswer = tl::expected<T, etcd::RpcError>;

class EtcdStore {
 public:
  [[nodiscard]] std::int64_t revision() const { return revision_; }
  // Events before this one are gone. 0: nothing was compacted.
  [[nodiscard]] std::int64_t compacted() const { return compacted_; }
  [[nodiscard]] bool is_full() const { return is_full_; }
  // The NOSPACE alarm: what would need space is refused, the rest goes on.
  void set_full(bool full) { is_full_ = full; }

  [[nodiscard]] EtcdAnswer<std::vector<etcd::KeyValue>> range(std::string_view key, etcd::Scope scope) const;
  [[nodiscard]] EtcdAnswer<void> put(const etcd::PutRequest& request);
  // The headers of the replies are left to the caller.
  [[nodiscard]] EtcdAnswer<etcd::TxnReply> txn(const etcd::TxnRequest& request);
  [[nodiscard]] EtcdAnswer<etcd::RemoveReply> remove(const etcd::RemoveRequest& request);
  [[nodiscard]] EtcdAnswer<void> compact(std::int64_t revision);

  [[nodiscard]] EtcdAnswer<void> grant(std::int64_t id, std::int64_t ttl);
  // Its keys go, all with one revision. False: there was no such lease.
  bool revoke(std::int64_t id);
  [[nodiscard]] std::vector<std::string> keys_of_lease(std::int64_t id) const;
  // Of each lease, the time to live in seconds that it was granted.
  [[nodiscard]] const std::map<std::int64_t, std::int64_t>& leases() const { return leases_; }

  // What happened to the key (or the keys with the prefix) from `revision` on, in order. Precondition: `revision` is
  // not below compacted().
  [[nodiscard]] std::vector<etcd::Event> events_since(std::int64_t revision, std::string_view key,
                                                      etcd::Scope scope) const;
  // The newest value of the key, or nullptr.
  [[nodiscard]] const etcd::KeyValue* find(std::string_view key) const;

 private:
  [[nodiscard]] bool holds(const etcd::Compare& compare) const;
  [[nodiscard]] EtcdAnswer<void> check_lease(std::int64_t lease) const;
  void write(const std::string& key, const std::string& value, std::int64_t lease, std::int64_t revision);
  // How many keys were there.
  std::int64_t erase(std::string_view key, etcd::Scope scope, std::int64_t revision);

  std::map<std::string, etcd::KeyValue, std::less<>> keys_;
  std::map<std::int64_t, std::int64_t> leases_;
  std::deque<etcd::Event> events_;
  std::int64_t revision_ = 1;
  std::int64_t compacted_ = 0;
  bool is_full_ = false;
};

// "key" itself, or one that begins with it.
[[nodiscard]] bool is_in_scope(std::string_view key, std::string_view wanted, etcd::Scope scope);

}  // namespace tamada::simulation
