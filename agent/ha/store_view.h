// StoreView: everything that the decider reads from etcd, at one revision. Values are parsed already; what could not be
// read is absent here. Revisions are etcd's; 0: there is no such key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/ha/ha_settings.h"
#include "common/base/time.h"
#include "common/patroni/node_status.h"
#include "common/patroni/sync_value.h"

namespace tamada::ha {

using patroni::same_name;  // as Patroni compares names in /sync

// A byte position in the WAL.
using Lsn = std::uint64_t;

struct LeaderKeyView {
  std::string name;
  std::int64_t lease = 0;
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;

  bool operator==(const LeaderKeyView&) const = default;
};

struct MemberView {
  std::string name;
  std::string api_url;  // empty: it cannot be asked
  patroni::NodeRole role = patroni::NodeRole::unknown;
  bool is_running = false;
  NodeTags tags;
  std::optional<Lsn> position;
  std::optional<std::uint32_t> timeline;
  bool is_paused = false;               // it has heard of a pause, and not yet of its end
  bool has_left = false;                // its agent was ended in a pause: an operator answers for its server
  bool has_checkpoint_pending = false;  // promoted, and its first checkpoint is not over
  bool has_data = false;  // as far as its key tells: a server that stands still may have some, too

  bool operator==(const MemberView&) const = default;
};

// The key /sync: who may become the leader in synchronous mode. Names compare without regard to case.
struct SyncView {
  std::int64_t mod_revision = 0;
  std::string leader;                 // empty: nobody
  std::vector<std::string> standbys;  // sorted
  bool is_unreadable = false;         // there is a key, and nobody knows what it says: nobody races
  std::uint32_t quorum = 0;  // above 0: written by a member in quorum mode, which is not supported yet

  [[nodiscard]] bool has_standby(const std::string& name) const;
  // As leader or standby.
  [[nodiscard]] bool names(const std::string& name) const;
  bool operator==(const SyncView&) const = default;
};

// The key /failover: a change of the leader that somebody asked for. Both names empty: none.
struct FailoverView {
  std::int64_t mod_revision = 0;
  std::string leader;     // who is to hand over; empty: a fail-over, whoever led
  std::string candidate;  // empty: whoever is fit
  bool is_due = true;     // false: scheduled for later

  [[nodiscard]] bool is_asked_for() const { return is_due && (!leader.empty() || !candidate.empty()); }
  bool operator==(const FailoverView&) const = default;
};

struct StoreView {
  TimePoint
      as_of{};  // when the request was sent that proves it; later ones repeat the view with a later time
  std::int64_t revision = 0;   // etcd's revision of it
  std::uint64_t store_id = 0;  // etcd's cluster id: another one is a store that was made anew
  std::optional<LeaderKeyView> leader;
  std::vector<MemberView> members;  // sorted by name
  SyncView sync;
  FailoverView failover;
  Lsn optime = 0;  // of /status: what the last leader had written
  bool has_initialize = false;
  std::string initialize;                   // the system identifier; empty: somebody bootstraps
  std::int64_t config_revision = 0;         // of the last change of /config
  std::uint32_t last_history_timeline = 0;  // the last entry's of /history; 0: none
  // The key tamada/timeline: the newest timeline that somebody was about to begin. 0 with revision 0: no key.
  std::uint32_t newest_timeline = 0;
  std::int64_t timeline_revision = 0;

  // nullptr: no member of this name. Valid as long as `members` is not changed.
  [[nodiscard]] const MemberView* member(const std::string& name) const;
};

}  // namespace tamada::ha
