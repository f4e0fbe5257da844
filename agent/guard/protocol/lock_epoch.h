// LockEpoch: which hold of the leader lock is meant. The lock's name, and who stands in it, stay the same
// when it is lost and taken anew; its lease and the revision that created it do not.
#pragma once

#include <cstdint>

namespace tamada::guard {

struct LockEpoch {
  std::int64_t lease = 0;            // etcd's lease of the leader key
  std::int64_t create_revision = 0;  // of the leader key

  [[nodiscard]] bool is_set() const { return lease != 0 && create_revision > 0; }
  bool operator==(const LockEpoch&) const = default;
};

template <class Archive>
void describe(Archive& archive, LockEpoch& epoch) {
  archive.field(epoch.lease);
  archive.field(epoch.create_revision);
}

}  // namespace tamada::guard
