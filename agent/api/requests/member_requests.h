// POST /reinitialize and POST /failsafe: what is asked of this member, and what it is answered with. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/api/requests/json_body.h"

namespace tamada::agent {

struct ReinitializeRequest {
  bool force = false;        // also while another action is going on, which is then ended
  bool from_leader = false;  // cloned from the leader and from nobody else

  bool operator==(const ReinitializeRequest&) const = default;
};
[[nodiscard]] ReinitializeRequest parse_reinitialize(const JsonBody& body);

enum class ReinitializeStart { started, no_leader, is_leader, busy };
// `action`: of busy, "restart".
[[nodiscard]] Answer reinitialize_answer(ReinitializeStart start, const std::string& action);

// The leader says that it goes on without etcd, and asks for the promise not to race.
struct FailsafeRequest {
  std::string name;
  std::string conn_url;
  std::string api_url;
  std::map<std::string, std::uint64_t> slots;  // and how far each has got

  bool operator==(const FailsafeRequest&) const = default;
};
// 400 where who asks is not named.
[[nodiscard]] OrAnswer<FailsafeRequest> parse_failsafe(const JsonBody& body);

enum class FailsafeEnd { not_enabled, running_as_leader, accepted };
// `position`: of accepted, the farther of what was received and replayed, in bytes; none: not known.
[[nodiscard]] Answer failsafe_answer(FailsafeEnd end, const std::optional<std::uint64_t>& position);

}  // namespace tamada::agent
