#include "tests/simulation/etcd/etcd_store.h"

#include <algorithm>
#include <set>

namespace tamada::simulation {
namespace {

using etcd::Compare;
using etcd::KeyValue;
using etcd::Operation;
using etcd::RpcError;
using etcd::Scope;

// The codes are gRPC's, the words etcd's (api/v3rpc/rpctypes/error.go).
RpcError empty_key() {
  return {3, "etcdserver: key is not provided"};
}
RpcError duplicate_key() {
  return {3, "etcdserver: duplicate key given in txn request"};
}
RpcError lease_not_found() {
  return {5, "etcdserver: requested lease not found"};
}
RpcError no_space() {
  return {8, "etcdserver: mvcc: database space exceeded"};
}
RpcError lease_exists() {
  return {9, "etcdserver: lease already exists"};
}
RpcError is_compacted() {
  return {11, "etcdserver: mvcc: required revision has been compacted"};
}
RpcError is_future() {
  return {11, "etcdserver: mvcc: required revision is a future revision"};
}

template <class T>
bool compare_with(Compare::Operator op, const T& found, const T& wanted) {
  switch (op) {
    case Compare::Operator::equal:
      return found == wanted;
    case Compare::Operator::not_equal:
      return found != wanted;
    case Compare::Operator::greater:
      return found > wanted;
    case Compare::Operator::less:
      return found < wanted;
  }
  return false;
}

// A key may be put once in a transaction, and not be removed in it as well. Both branches are looked at, whichever runs.
bool is_ambiguous(const std::vector<Operation>& operations) {
  std::set<std::string_view> puts;
  for (const Operation& operation : operations) {
    if (operation.kind == Operation::Kind::put && !puts.insert(operation.key).second) return true;
  }
  return std::any_of(operations.begin(), operations.end(), [&](const Operation& operation) {
    return operation.kind == Operation::Kind::remove &&
           std::any_of(puts.begin(), puts.end(), [&](std::string_view put) {
             return is_in_scope(put, operation.key, operation.scope);
           });
  });
}

bool needs_space(const std::vector<Operation>& operations) {
  return std::any_of(operations.begin(), operations.end(),
                     [](const Operation& operation) { return operation.kind == Operation::Kind::put; });
}

bool lacks_key(const std::vector<Operation>& operations) {
  return std::any_of(operations.begin(), operations.end(), [](const Operation& operation) {
    return operation.key.empty() &&
           !(operation.scope == Scope::prefix && operation.kind != Operation::Kind::put);
  });
}

}  // namespace

bool is_in_scope(std::string_view key, std::string_view wanted, Scope scope) {
  return scope == Scope::key ? key == wanted : key.substr(0, wanted.size()) == wanted;
}

const KeyValue* EtcdStore::find(std::string_view key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? nullptr : &found->second;
}

EtcdAnswer<std::vector<KeyValue>> EtcdStore::range(std::string_view key, Scope scope) const {
  if (key.empty() && scope == Scope::key) return tl::make_unexpected(empty_key());
  std::vector<KeyValue> found;
  for (auto it = keys_.lower_bound(key); it != keys_.end() && is_in_scope(it->first, key, scope); ++it) {
    found.push_back(it->second);
  }
  return found;
}

EtcdAnswer<void> EtcdStore::check_lease(std::int64_t lease) const {
  if (lease != 0 && leases_.count(lease) == 0) return tl::make_unexpected(lease_not_found());
  return {};
}

EtcdAnswer<void> EtcdStore::put(const etcd::PutRequest& request) {
  if (request.key.empty()) return tl::make_unexpected(empty_key());
  if (is_full_) return tl::make_unexpected(no_space());
  if (auto leased = check_lease(request.lease); !leased) return leased;
  write(request.key, request.value, request.lease, ++revision_);
  return {};
}

EtcdAnswer<etcd::TxnReply> EtcdStore::txn(const etcd::TxnRequest& request) {
  for (const Compare& compare : request.compare) {
    if (compare.key.empty()) return tl::make_unexpected(empty_key());
  }
  if (lacks_key(request.success) || lacks_key(request.failure)) return tl::make_unexpected(empty_key());
  if (is_ambiguous(request.success) || is_ambiguous(request.failure)) {
    return tl::make_unexpected(duplicate_key());
  }
  // What either branch would need counts, whichever runs.
  if (is_full_ && (needs_space(request.success) || needs_space(request.failure))) {
    return tl::make_unexpected(no_space());
  }
  etcd::TxnReply reply;
  reply.succeeded = std::all_of(request.compare.begin(), request.compare.end(),
                                [this](const Compare& compare) { return holds(compare); });
  const std::vector<Operation>& operations = reply.succeeded ? request.success : request.failure;
  for (const Operation& operation : operations) {
    if (operation.kind != Operation::Kind::put) continue;
    if (const auto leased = check_lease(operation.lease); !leased) return tl::make_unexpected(leased.error());
  }
  const std::int64_t next = revision_ + 1;
  bool changed = false;
  for (const Operation& operation : operations) {
    switch (operation.kind) {
      case Operation::Kind::put:
        write(operation.key, operation.value, operation.lease, next);
        changed = true;
        break;
      case Operation::Kind::remove: {
        const std::int64_t removed = erase(operation.key, operation.scope, next);
        reply.removed += removed;
        changed = changed || removed > 0;
        break;
      }
      case Operation::Kind::range:
        reply.ranges.push_back(range(operation.key, operation.scope).value());
        break;
    }
  }
  if (changed) revision_ = next;
  return reply;
}

EtcdAnswer<etcd::RemoveReply> EtcdStore::remove(const etcd::RemoveRequest& request) {
  const auto done =
      txn({request.conditions, {{Operation::Kind::remove, request.key, "", 0, request.scope}}, {}});
  if (!done) return tl::make_unexpected(done.error());
  return etcd::RemoveReply{{}, done->succeeded, done->removed};
}

EtcdAnswer<void> EtcdStore::compact(std::int64_t revision) {
  if (revision <= compacted_) return tl::make_unexpected(is_compacted());
  if (revision > revision_) return tl::make_unexpected(is_future());
  compacted_ = revision;
  while (!events_.empty() && events_.front().kv.mod_revision < revision) events_.pop_front();
  return {};
}

EtcdAnswer<void> EtcdStore::grant(std::int64_t id, std::int64_t ttl) {
  if (is_full_) return tl::make_unexpected(no_space());
  if (!leases_.emplace(id, ttl).second) return tl::make_unexpected(lease_exists());
  return {};
}

bool EtcdStore::revoke(std::int64_t id) {
  if (leases_.erase(id) == 0) return false;
  const std::vector<std::string> keys = keys_of_lease(id);
  if (keys.empty()) return true;
  ++revision_;
  for (const std::string& key : keys) erase(key, Scope::key, revision_);
  return true;
}

std::vector<std::string> EtcdStore::keys_of_lease(std::int64_t id) const {
  std::vector<std::string> keys;
  for (const auto& [key, kv] : keys_) {
    if (id != 0 && kv.lease == id) keys.push_back(key);
  }
  return keys;
}

std::vector<etcd::Event> EtcdStore::events_since(std::int64_t revision, std::string_view key,
                                                 Scope scope) const {
  std::vector<etcd::Event> found;
  auto it = std::lower_bound(
      events_.begin(), events_.end(), revision,
      [](const etcd::Event& event, std::int64_t wanted) { return event.kv.mod_revision < wanted; });
  for (; it != events_.end(); ++it) {
    if (is_in_scope(it->kv.key, key, scope)) found.push_back(*it);
  }
  return found;
}

bool EtcdStore::holds(const Compare& compare) const {
  const KeyValue* kv = find(compare.key);
  // No comparison with the value of a key that is not there holds, "not equal" neither.
  if (compare.target == Compare::Target::value) {
    return kv != nullptr && compare_with(compare.op, kv->value, compare.value);
  }
  static const KeyValue nothing;
  if (kv == nullptr) kv = &nothing;
  switch (compare.target) {
    case Compare::Target::version:
      return compare_with(compare.op, kv->version, compare.number);
    case Compare::Target::create_revision:
      return compare_with(compare.op, kv->create_revision, compare.number);
    case Compare::Target::mod_revision:
      return compare_with(compare.op, kv->mod_revision, compare.number);
    case Compare::Target::lease:
      return compare_with(compare.op, kv->lease, compare.number);
    case Compare::Target::value:
      break;
  }
  return false;
}

void EtcdStore::write(const std::string& key, const std::string& value, std::int64_t lease,
                      std::int64_t revision) {
  KeyValue& kv = keys_[key];
  if (kv.version == 0) {
    kv.key = key;
    kv.create_revision = revision;
  }
  kv.value = value;
  kv.mod_revision = revision;
  ++kv.version;
  kv.lease = lease;
  events_.push_back({false, kv});
}

std::int64_t EtcdStore::erase(std::string_view key, Scope scope, std::int64_t revision) {
  std::int64_t removed = 0;
  auto it = keys_.lower_bound(key);
  while (it != keys_.end() && is_in_scope(it->first, key, scope)) {
    etcd::Event gone{true, {}};
    gone.kv.key = it->first;
    gone.kv.mod_revision = revision;
    events_.push_back(std::move(gone));
    it = keys_.erase(it);
    ++removed;
  }
  return removed;
}

}  // namespace tamada::simulation
