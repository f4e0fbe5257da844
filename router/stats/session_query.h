// SessionQuery: which sessions somebody wants to see, in which order and how many: the query of
// GET /api/v1/sessions. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

struct SessionQuery {
  // The order; `age` is not among them: it is `began` the other way round.
  enum class Sort {
    began,
    client,
    listener,
    node,
    up_bytes,
    down_bytes,
    user,
    database,
    application,
    backend_pid,
    wait,
    phase,
  };
  static constexpr std::size_t max_limit = 1000;

  std::string search;    // part of any text that is shown, upper and lower case (ASCII) alike; empty: all
  std::string listener;  // exactly; empty: all
  std::string node;      // exactly; empty: all
  Sort sort = Sort::began;
  bool descending = false;
  std::size_t limit = 100;
  std::size_t offset = 0;

  // `query`: what stands behind the "?", as sent. Fails (invalid) with "NAME: what is wrong; what is
  // expected".
  static Result<SessionQuery> parse(std::string_view query);

  // Those that match, in order; `limit` and `offset` are not applied. They point into `list`.
  [[nodiscard]] std::vector<const SessionStats*> matches(const SessionList& list) const;
};

// "0.17": worker and number, as in the log. DELETE /api/v1/sessions/ID takes it back.
[[nodiscard]] std::string text_of(SessionId id);
[[nodiscard]] Result<SessionId> session_id(std::string_view text);

// GET /api/v1/sessions
[[nodiscard]] std::string sessions_json(const SessionList& list, const SessionQuery& query);

}  // namespace tamada::router
