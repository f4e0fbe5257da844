// From what came back over HTTP, or did not, to the events that ClusterView understands. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/http/failure.h"
#include "common/http/message.h"
#include "router/cluster/cluster_events.h"

namespace tamada::router {

// What an ask came to, apart from whom it was put to.
struct AskedOf {
  Ask ask;
  TimePoint asked;  // when ClusterView asked: what a silence is dated
};

// The event that answers `ask` (not for AskKind::postgres), but for PollAnswer::postgres. What is not an
// answer of Patroni's is Silence::malformed, whatever its status.
[[nodiscard]] ClusterEvent answer_of(const AskedOf& asked, const http::Outcome<http::Response>& answer);

[[nodiscard]] Silence silence_of(ErrorKind kind);

// "/master", "/replica", "/cluster", "/config"
[[nodiscard]] std::string_view path_of(AskKind kind);

// Who answered, as far as it says: the same text for the same node, another one for another. Empty if nothing
// is said.
[[nodiscard]] std::string who_answered(const ClusterEvent& event);

// Which PostgreSQL server an answer of the REST API tells of: equal for two answers only where both tell of
// one and the same. Empty: that cannot be told (before Patroni 4 members of a cluster only differ by when
// their server was started, which is told while it runs).
[[nodiscard]] std::string server_shown(const patroni::NodeStatus& status);
// Of the body of an answer to GET /master.
[[nodiscard]] std::string server_shown(std::string_view body);

}  // namespace tamada::router
