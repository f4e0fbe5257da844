#include "agent/peers/peer_status.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "agent/ha/store_view_reader.h"
#include "common/json/json_reader.h"
#include "common/patroni/member_tags.h"
#include "common/patroni/node_status.h"
#include "common/patroni/server_state.h"

namespace tamada::agent {

namespace {

using patroni::NodeStatus;
using Server = ha::PeerStatus::Server;

// A status has a few values, and six more for each walsender.
constexpr JsonLimits status_limits{.size = std::size_t{512} * 1024, .values = 10'000, .depth = 16};

Result<void> check_identity(const NodeStatus& status, const PeerIdentity& expected) {
  if (status.scope != expected.scope) {
    return fail(ErrorKind::denied,
                "the cluster \"" + status.scope + "\" answered, expected \"" + expected.scope + "\"");
  }
  // Patroni tells its name since 4.0.
  if (!status.name.empty() && status.name != expected.name) {
    return fail(ErrorKind::denied, "\"" + status.name + "\" answered, expected \"" + expected.name + "\"");
  }
  if (!status.system_identifier.empty() && !expected.system_identifier.empty() &&
      status.system_identifier != expected.system_identifier) {
    return fail(ErrorKind::denied, "its data are of the system " + status.system_identifier + ", expected " +
                                       expected.system_identifier);
  }
  return {};
}

// Only what SQL told counts: the role is what its agent means it to be. A position that a primary has says that it is one;
// without any position its server may be anything, but where its agent knows that it is stopped.
Server server_of(const NodeStatus& status) {
  if (status.location) return Server::primary;
  if (status.received_location || status.replayed_location) return Server::standby;
  if (patroni::server_state(status.state) == patroni::ServerState::stopped) return Server::stopped;
  return Server::unknown;
}

std::optional<ha::Lsn> position_of(const NodeStatus& status) {
  if (status.location) return status.location;
  return std::max(status.received_location, status.replayed_location);
}

}  // namespace

Result<PeerReport> read_peer_report(std::string_view body, const PeerIdentity& expected) {
  const auto status = patroni::parse_node_status(body);
  if (!status) return tl::make_unexpected(status.error());
  if (auto checked = check_identity(*status, expected); !checked) return tl::make_unexpected(checked.error());
  // Once more, with the tags in their order and the fields that a NodeStatus has not.
  const auto document = parse_ordered_json_object("peer's status", body, status_limits);
  if (!document) return tl::make_unexpected(document.error());

  PeerReport report;
  report.status.server = server_of(*status);
  report.status.position = position_of(*status);
  report.status.timeline = status->timeline.value_or(0);
  if (const auto tags = document->find("tags"); tags != document->end() && !tags->is_null()) {
    report.status.tags = ha::node_tags_of(patroni::read_member_tags(*tags).value);
  }
  if (const auto own = document->find("tamada"); own != document->end() && own->is_object()) {
    report.status.is_agent = true;
    const auto gone = own->find("receiver_gone");
    if (gone != own->end() && gone->is_number_unsigned() && report.status.position) {
      report.status.receiver_gone_since = gone->get<std::int64_t>();
    }
  }
  if (const auto failed = document->find("watchdog_failed"); failed != document->end()) {
    report.watchdog_failed = !(failed->is_null() || (failed->is_boolean() && !failed->get<bool>()));
  }
  return report;
}

CandidateStatus candidate_status(const std::string& name, const std::optional<PeerReport>& report) {
  CandidateStatus candidate;
  candidate.name = name;
  if (!report) return candidate;
  candidate.is_reachable = report->status.position.has_value();
  candidate.nofailover = report->status.tags.nofailover;
  candidate.watchdog_failed = report->watchdog_failed;
  return candidate;
}

}  // namespace tamada::agent
