// PeerStatus out of what a member's GET /patroni says (Patroni's contract 1.7). Pure.
//
// A status that cannot be read is an error (what cannot be read is not believed in part), and so is one of somebody else
// (kind denied).
//
// Our own agents answer with an object more, which Patroni's members do not read:
//   "tamada": {"version": "0.1.0", "receiver_gone": 812}
// receiver_gone: PeerStatus::receiver_gone_since; null: this is no vote.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/api/requests/handover_checks.h"
#include "agent/ha/ha_events.h"
#include "common/base/result.h"

namespace tamada::agent {

// Who is to have answered.
struct PeerIdentity {
  std::string name;
  std::string scope;
  std::string system_identifier;  // of the cluster; empty: not known
};

struct PeerReport {
  ha::PeerStatus status;
  bool watchdog_failed = false;
};

[[nodiscard]] Result<PeerReport> read_peer_report(std::string_view body, const PeerIdentity& expected);

// `report` not set: there was no usable answer.
[[nodiscard]] CandidateStatus candidate_status(const std::string& name,
                                               const std::optional<PeerReport>& report);

}  // namespace tamada::agent
