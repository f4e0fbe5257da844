// ClusterMembers: the JSON body of Patroni's GET /cluster, read fresh from its store (3.0 to 4.x). Unknown
// keys are ignored; wrong types are an Error, as in node_status.h; null is the same as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/patroni/patroni_tags.h"

namespace tamada::patroni {

// More than any cluster has; an answer with more of them is refused.
inline constexpr std::size_t members_max = 256;

struct ClusterMember {
  std::string name;  // never empty; unique among the members
  std::string role;  // "leader", "standby_leader", "sync_standby", "quorum_standby", "replica", or a new word
  std::string state;       // "running", "streaming", "in archive recovery", "stopped", ...; may be empty
  std::string api_url;     // "http://10.0.0.11:8008/patroni"; empty if not told
  std::string host;        // of PostgreSQL; empty if not told
  std::uint16_t port = 0;  // of PostgreSQL; 0 if not told (then it is 5432)
  std::optional<std::uint32_t> timeline;
  std::optional<std::uint64_t> lag;  // bytes; nullopt: a leader, or "unknown"
  bool pending_restart = false;
  PatroniTags tags;

  [[nodiscard]] bool is_leader() const { return role == "leader" || role == "standby_leader"; }
  bool operator==(const ClusterMember&) const = default;
};

struct ScheduledSwitchover {
  std::string at;    // ISO 8601 with a time zone
  std::string from;  // empty: whoever leads
  std::string to;    // empty: the best candidate
  bool operator==(const ScheduledSwitchover&) const = default;
};

struct ClusterMembers {
  std::string scope;  // 3.1 and later; empty if not told
  std::vector<ClusterMember> members;
  bool pause = false;
  std::optional<ScheduledSwitchover> scheduled_switchover;

  // The member that leads, nullptr if none does. Two leaders in one answer are an Error of parse, so there is
  // one at most. Valid as long as `members` is not changed.
  [[nodiscard]] const ClusterMember* leader() const;
  bool operator==(const ClusterMembers&) const = default;
};

[[nodiscard]] Result<ClusterMembers> parse_cluster_members(std::string_view body);

}  // namespace tamada::patroni
