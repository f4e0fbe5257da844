#include "agent/cluster/key_write.h"

#include "common/patroni/failover_value.h"

namespace tamada::agent {
namespace {

using etcd::Compare;

Compare created_at(std::string key, std::int64_t revision) {
  return {std::move(key), Compare::Target::create_revision, Compare::Operator::equal, {}, revision};
}

}  // namespace

etcd::TxnRequest KeyWrite::to_txn() const {
  using Kind = etcd::Operation::Kind;
  etcd::TxnRequest txn;
  if (known_revision == 0) txn.compare.push_back(Compare::absent(key));
  if (known_revision.value_or(0) != 0) txn.compare.push_back(Compare::mod_revision_is(key, *known_revision));
  txn.compare.insert(txn.compare.end(), conditions.begin(), conditions.end());
  txn.success.push_back(removes ? etcd::Operation{Kind::remove, key, {}, 0, etcd::Scope::key}
                                : etcd::Operation{Kind::put, key, value, lease, etcd::Scope::key});
  txn.failure.push_back({Kind::range, key, {}, 0, etcd::Scope::key});
  return txn;
}

std::vector<Compare> KeyWrites::conditions_of(const LockGuard& lock) const {
  return {Compare::lease_is(key("leader"), lock.lease), created_at(key("leader"), lock.create_revision)};
}

KeyWrite KeyWrites::of_leader(const std::string& name, std::string text, const LockGuard& lock) const {
  return {key(name), std::nullopt, std::move(text), 0, false, conditions_of(lock)};
}

KeyWrite KeyWrites::member(const std::string& name, std::string text, std::int64_t lease,
                           std::int64_t known_revision) const {
  return {key("members/" + name), known_revision, std::move(text), lease, false, {}};
}

KeyWrite KeyWrites::sync(std::string text, std::int64_t known_revision, const LockGuard& lock) const {
  KeyWrite write = of_leader("sync", std::move(text), lock);
  write.known_revision = known_revision;
  return write;
}

KeyWrite KeyWrites::no_sync(std::int64_t known_revision, const LockGuard& lock) const {
  KeyWrite write = sync({}, known_revision, lock);
  write.removes = true;
  return write;
}

KeyWrite KeyWrites::status(std::string text, const LockGuard& lock) const {
  return of_leader("status", std::move(text), lock);
}

KeyWrite KeyWrites::optime(std::uint64_t lsn, const LockGuard& lock) const {
  return of_leader("optime/leader", std::to_string(lsn), lock);
}

KeyWrite KeyWrites::history(std::string text, const LockGuard& lock) const {
  return of_leader("history", std::move(text), lock);
}

KeyWrite KeyWrites::newest_timeline(std::uint32_t timeline, std::int64_t known_revision,
                                    const LockGuard& lock) const {
  KeyWrite write = of_leader("tamada/timeline", std::to_string(timeline), lock);
  write.known_revision = known_revision;
  return write;
}

KeyWrite KeyWrites::failsafe(std::string text, const LockGuard& lock) const {
  return of_leader("failsafe", std::move(text), lock);
}

KeyWrite KeyWrites::initialize(const std::string& system_id, std::int64_t known_revision,
                               const LockGuard& lock) const {
  KeyWrite write = of_leader("initialize", system_id, lock);
  write.known_revision = known_revision;
  return write;
}

KeyWrite KeyWrites::config(std::string text, std::int64_t known_revision) const {
  return {key("config"), known_revision, std::move(text), 0, false, {}};
}

KeyWrite KeyWrites::failover(std::string text, std::int64_t known_revision) const {
  return {key("failover"), known_revision, std::move(text), 0, false, {}};
}

KeyWrite KeyWrites::no_failover(std::int64_t known_revision) const {
  return failover(patroni::write_failover_value({}), known_revision);
}

WriteResult judge_write(const KeyWrite& write, const std::optional<etcd::KeyValue>& found) {
  const std::int64_t revision = found ? found->mod_revision : 0;
  const bool as_wanted =
      write.removes ? !found : found && found->value == write.value && found->lease == write.lease;
  if (write.known_revision && revision == *write.known_revision) return WriteResult::unknown;
  if (as_wanted) return WriteResult::done;
  // The revision that it compares is not there any more, and never will be again.
  return write.known_revision ? WriteResult::compare_lost : WriteResult::unknown;
}

}  // namespace tamada::agent
