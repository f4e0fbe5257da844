// KeyWrite: one transaction on one key of the cluster, with the conditions under which it may be carried out. Pure;
// key_writer.h sends it.
//
// Every one compares a revision or a lease, never a value alone: so one that comes late (it was sent, its answer was
// lost, the connection thaws) changes nothing that was changed since. What only a leader writes also compares the leader
// key's lease and create revision: who lost the lock cannot write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/etcd/values.h"

namespace tamada::agent {

// The lock by which a leader writes: LockState's lease and create revision.
struct LockGuard {
  std::int64_t lease = 0;
  std::int64_t create_revision = 0;
  bool operator==(const LockGuard&) const = default;
};

struct KeyWrite {
  std::string key;  // whole
  // The key's revision that the writer knows; 0: there is no such key; not set: whichever it is.
  std::optional<std::int64_t> known_revision;
  std::string value;
  std::int64_t lease = 0;
  bool removes = false;
  // Further conditions.
  std::vector<etcd::Compare> conditions;

  // With the present key read where a condition does not hold.
  [[nodiscard]] etcd::TxnRequest to_txn() const;
};

// `prefix`: "/service/patroni/". The texts are made by common/patroni.
class KeyWrites {
 public:
  explicit KeyWrites(std::string prefix) : prefix_(std::move(prefix)) {}

  [[nodiscard]] KeyWrite member(const std::string& name, std::string text, std::int64_t lease,
                                std::int64_t known_revision) const;
  [[nodiscard]] KeyWrite sync(std::string text, std::int64_t known_revision, const LockGuard& lock) const;
  [[nodiscard]] KeyWrite no_sync(std::int64_t known_revision, const LockGuard& lock) const;
  [[nodiscard]] KeyWrite status(std::string text, const LockGuard& lock) const;
  // For members before Patroni 2.1.
  [[nodiscard]] KeyWrite optime(std::uint64_t lsn, const LockGuard& lock) const;
  [[nodiscard]] KeyWrite history(std::string text, const LockGuard& lock) const;
  // Of the agents only: the newest timeline that one of them is about to begin.
  [[nodiscard]] KeyWrite newest_timeline(std::uint32_t timeline, std::int64_t known_revision,
                                         const LockGuard& lock) const;
  [[nodiscard]] KeyWrite failsafe(std::string text, const LockGuard& lock) const;
  // The identifier that is missing or none; by the leader.
  [[nodiscard]] KeyWrite initialize(const std::string& system_id, std::int64_t known_revision,
                                    const LockGuard& lock) const;
  // By whoever was asked to change it.
  [[nodiscard]] KeyWrite config(std::string text, std::int64_t known_revision) const;
  [[nodiscard]] KeyWrite failover(std::string text, std::int64_t known_revision) const;
  // Writes {}.
  [[nodiscard]] KeyWrite no_failover(std::int64_t known_revision) const;

  [[nodiscard]] std::string key(const std::string& name) const { return prefix_ + name; }
  // The lock is held as it was.
  [[nodiscard]] std::vector<etcd::Compare> conditions_of(const LockGuard& lock) const;

 private:
  [[nodiscard]] KeyWrite of_leader(const std::string& name, std::string text, const LockGuard& lock) const;

  std::string prefix_;
};

// What came of a write.
enum class WriteResult {
  done,  // the key is as it was to be
  compare_lost,  // a condition did not hold: somebody was faster, or the lock is gone. It was not, and will not be, done
  not_done,  // it was not carried out, and will not be: etcd could not be asked, or said no
  unknown,   // it may have been carried out, or may be yet: whoever needs to know waits for the watch
};

// What a look at the key, after a write without an answer, says of it. `sent`: the key as it was found then.
[[nodiscard]] WriteResult judge_write(const KeyWrite& write, const std::optional<etcd::KeyValue>& found);

}  // namespace tamada::agent
