// What GET, HEAD and OPTIONS are answered with, from one snapshot. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "agent/api/answers/answer.h"
#include "agent/api/answers/health_check.h"
#include "agent/api/answers/node_snapshot.h"

namespace tamada::agent {

// What a path means to GET: its first part decides, so that /patroni/x is /patroni. Every other path is a health check, and
// so is every path for HEAD and OPTIONS.
enum class ReadPage {
  health_check,
  patroni,
  cluster,
  history,
  config,
  failsafe,
  metrics,
  liveness,
  readiness
};
// `method`: GET, HEAD or OPTIONS.
[[nodiscard]] ReadPage read_page(std::string_view method, std::string_view path);

// What must be asked for before the page is answered.
enum class Needs {
  nothing,
  new_query,    // SQL that began after the request: /patroni, where wants_new_query() says so
  new_reading,  // of etcd: /cluster always; /history and /config where the cluster is not known any more
};
[[nodiscard]] Needs needs_of(ReadPage page, const NodeSnapshot& snapshot, TimePoint request_at,
                             TimePoint now);

struct ReadRequest {
  std::string_view method;  // GET, HEAD or OPTIONS
  std::string_view path;    // as sent, without the query
  std::string_view query;   // without the '?'
  TimePoint at{};           // when it came
};

// `snapshot`: the newest one; a page whose need was not met is answered with what there is: /patroni without positions, the
// pages of the cluster with 503.
[[nodiscard]] Answer read_answer(const ReadRequest& request, const NodeSnapshot& snapshot, TimePoint now,
                                 PrimaryMeans means);

// The first part of a path: "patroni" of "/patroni/x" and "//patroni"; empty for "/".
[[nodiscard]] std::string_view first_part(std::string_view path);

}  // namespace tamada::agent
