// The table of sessions.
#include <algorithm>

#include "router/stats/api/json_values.h"
#include "router/stats/session_query.h"

namespace tamada::router {
namespace {

using api::Json;

Json session_json(const SessionList& list, const SessionStats& session) {
  const Duration age = list.now - session.began;
  return {{"id", text_of(session.id)},
          {"client", session.client},
          {"listener", session.listener},
          {"node", api::or_null(session.node)},
          {"server", api::or_null(session.server)},
          {"phase", session.phase},
          {"began_at", api::at(list.wall_now - std::chrono::duration_cast<WallTime::duration>(age))},
          {"age_ms", api::ms(age)},
          {"wait_ms", api::ms(session.wait)},
          {"up_bytes", session.up_bytes},
          {"down_bytes", session.down_bytes},
          {"user", api::or_null(session.user)},
          {"database", api::or_null(session.database)},
          {"application", api::or_null(session.application)},
          {"backend_pid", api::or_null(session.backend_pid)},
          {"server_side_port", api::or_null(std::uint32_t{session.server_side_port})}};
}

}  // namespace

std::string sessions_json(const SessionList& list, const SessionQuery& query) {
  const std::vector<const SessionStats*> matched = query.matches(list);
  const std::size_t begin = std::min(query.offset, matched.size());
  const std::size_t end = begin + std::min(query.limit, matched.size() - begin);
  Json shown = Json::array();
  for (std::size_t i = begin; i < end; ++i) shown.push_back(session_json(list, *matched[i]));
  return api::text_of({{"at", api::at(list.wall_now)},
                       {"total", list.total},
                       {"matched", matched.size()},
                       {"truncated", list.truncated},
                       {"sessions", std::move(shown)}});
}

}  // namespace tamada::router
