// LockRecord: by what a node recognises its lock after a restart: the lease and the create revision of the leader key.
// Pure; lock_file.h keeps it on the disk.
//
// The lease's id is a random number that etcd gave to this node alone, so a leader key that hangs on it was written by
// this node. The name in the key proves nothing: somebody may have started a second node of that name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace tamada::agent {

struct LockRecord {
  std::string key;                   // "/service/patroni/leader"
  std::int64_t lease = 0;            // 0: there is no lock to recognise
  std::int64_t next_lease = 0;       // the lease that the key is being moved to; 0: none
  std::int64_t create_revision = 0;  // 0: not known yet, the transaction has not been answered
  std::int64_t ttl = 0;              // seconds, as asked for

  [[nodiscard]] bool is_empty() const { return lease == 0; }
  bool operator==(const LockRecord&) const = default;
};

// One line of JSON.
[[nodiscard]] std::string write_lock_record(const LockRecord& record);
// An Error (invalid) that names what is wrong: the file was damaged, or is none of ours. Nothing of it counts then.
[[nodiscard]] Result<LockRecord> parse_lock_record(std::string_view text);

}  // namespace tamada::agent
