// ClusterKeys: everything that the store holds of one cluster, as of one revision. An immutable value, cheap to copy. Pure.
//
// Built from the answer to a range, advanced by what a watch tells: both give the same for the same revision. A value that
// cannot be read harms no other one: it is what a Patroni makes of it, with its problem beside it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/patroni/failover_value.h"
#include "common/patroni/failsafe_value.h"
#include "common/patroni/history_value.h"
#include "common/patroni/member_value.h"
#include "common/patroni/status_value.h"
#include "common/patroni/sync_value.h"

namespace tamada::patroni {

// One key as the store has it (etcd's words: revisions above 0; lease 0: none).
struct StoredKey {
  std::string key;
  std::string value;
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;
  std::int64_t lease = 0;
  bool operator==(const StoredKey&) const = default;
};

struct KeyChange {
  bool deleted = false;
  StoredKey key;  // of a deletion: only key and mod_revision
};

// One key of the cluster that is there.
template <class T>
struct KeyReading {
  T value;
  std::string problem;  // what of it could not be read; empty: nothing
  std::string text;     // as it stands there
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;
  std::int64_t lease = 0;
  bool operator==(const KeyReading&) const = default;
};

class ClusterKeys {
 public:
  template <class T>
  using Pointer = std::shared_ptr<const KeyReading<T>>;  // null: there is no such key

  // `prefix`: "/service/patroni/", with the slash at its end. Keys that are not below it, or none of Patroni's, count for
  // nothing. Revision 0: nothing is known yet.
  explicit ClusterKeys(std::string prefix) : prefix_(std::move(prefix)) {}
  // `revision`: of the answer.
  [[nodiscard]] static ClusterKeys from_range(std::string prefix, const std::vector<StoredKey>& keys,
                                              std::int64_t revision);
  // With the changes of a watch, in their order, complete up to `revision`. What is not newer than revision() is known
  // already and left out.
  [[nodiscard]] ClusterKeys advanced(const std::vector<KeyChange>& changes, std::int64_t revision) const;
  // The same after the store was set back (restored, built anew): every change counts, and `revision` as it is.
  [[nodiscard]] ClusterKeys set_back(const std::vector<KeyChange>& changes, std::int64_t revision) const;

  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  [[nodiscard]] std::int64_t revision() const { return revision_; }

  // The name of the lock's holder, who need not be among the members; empty where it is no name.
  [[nodiscard]] const Pointer<std::string>& leader() const { return leader_; }
  // There is a leader key, whatever it says: nobody can take the lock.
  [[nodiscard]] bool is_locked() const { return leader_ != nullptr; }
  // A system identifier; empty: a node makes one, or (with a problem) it is none.
  [[nodiscard]] const Pointer<std::string>& initialize() const { return initialize_; }
  // The dynamic configuration's JSON, which is an object; empty (with a problem): it is none, and whoever has an earlier one
  // keeps that.
  [[nodiscard]] const Pointer<std::string>& config() const { return config_; }
  [[nodiscard]] const Pointer<HistoryValue>& history() const { return history_; }
  // Of optime/leader, where only that is there.
  [[nodiscard]] const Pointer<StatusValue>& status() const { return status_ ? status_ : optime_; }
  [[nodiscard]] const Pointer<FailoverValue>& failover() const { return failover_; }
  [[nodiscard]] const Pointer<SyncValue>& sync() const { return sync_; }
  [[nodiscard]] const Pointer<FailsafeValue>& failsafe() const { return failsafe_; }
  // Of the agents only: the newest timeline that one of them was about to begin.
  [[nodiscard]] const Pointer<std::uint32_t>& newest_timeline() const { return newest_timeline_; }

  struct Member {
    std::string name;
    Pointer<MemberValue> key;  // never null
  };
  // Sorted by name; of more than members_max the first ones.
  [[nodiscard]] std::vector<Member> members() const;
  [[nodiscard]] Pointer<MemberValue> member(std::string_view name) const;
  // The oldest version of a Patroni among the members that tell one; empty: nobody does.
  [[nodiscard]] std::vector<std::uint32_t> oldest_version() const;

  // "members/pg1: tags: found the number 7, expected an object", one line each.
  [[nodiscard]] std::vector<std::string> problems() const;

  bool operator==(const ClusterKeys& other) const;

 private:
  void put(const StoredKey& key);
  void remove(std::string_view key);
  template <class Visit>
  void each_key(Visit visit) const;
  template <class Visit>
  static bool visit_slot(ClusterKeys& keys, std::string_view name, Visit visit);

  std::string prefix_;
  std::int64_t revision_ = 0;
  Pointer<std::string> leader_;
  Pointer<std::string> initialize_;
  Pointer<std::string> config_;
  Pointer<HistoryValue> history_;
  Pointer<StatusValue> status_;
  Pointer<StatusValue> optime_;
  Pointer<FailoverValue> failover_;
  Pointer<SyncValue> sync_;
  Pointer<FailsafeValue> failsafe_;
  Pointer<std::uint32_t> newest_timeline_;
  std::map<std::string, Pointer<MemberValue>, std::less<>> members_;
};

}  // namespace tamada::patroni
