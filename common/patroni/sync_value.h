// SyncValue: the key `sync`: which nodes have everything that was acknowledged, in synchronous mode. Pure.
//
// Names are compared as PostgreSQL compares synchronous_standby_names: without regard to case (of ASCII letters).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/patroni/reading.h"

namespace tamada::patroni {

struct SyncValue {
  std::string leader;               // whose key it is; empty: nobody's, and then nothing else of it counts
  std::vector<std::string> voters;  // the synchronous standbys, as they stand there
  // In quorum mode: how many of the others, the leader included, a candidate out of the voters has to see. 0: priority
  // mode.
  std::uint32_t quorum = 0;

  [[nodiscard]] bool is_empty() const { return leader.empty(); }
  // Is it one of the voters?
  [[nodiscard]] bool has_voter(std::string_view name) const;
  [[nodiscard]] bool is_leader(std::string_view name) const;
  // Of nobody's key, an empty list; otherwise the leader and the voters.
  [[nodiscard]] std::vector<std::string> members() const;
  bool operator==(const SyncValue&) const = default;
};

// Anything unreadable is an empty value, for a Patroni and here; the problem then says so, and who must not lose
// acknowledged data does not take it for "no synchronous mode".
[[nodiscard]] Reading<SyncValue> read_sync_value(std::string_view value);
// {"leader":"a","quorum":0,"sync_standby":"b,c"}: the names sorted by their bytes, once each; null for no leader and for
// no names.
[[nodiscard]] std::string write_sync_value(const SyncValue& value);

// Equal but for the case of ASCII letters.
[[nodiscard]] bool same_name(std::string_view left, std::string_view right);

}  // namespace tamada::patroni
