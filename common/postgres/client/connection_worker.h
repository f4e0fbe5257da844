// ConnectionWorker: what the thread of a Connection does: connects, runs one statement after the other,
// watches the idle session. It is told and tells through the link only.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "common/base/time.h"
#include "common/postgres/client/connection_link.h"
#include "common/postgres/client/conninfo.h"
#include "common/postgres/client/pq_values.h"

namespace tamada::postgres {

class ConnectionWorker {
 public:
  ConnectionWorker(std::shared_ptr<ConnectionLink> link, Conninfo parameters, TimePoint deadline,
                   std::size_t max_result);

  // Returns when the session has ended, or none came about, or the link was ended: libpq permitting, at once.
  void run();

  // Of one statement, or between two. Further ones are dropped: a statement can make millions.
  static constexpr std::size_t most_notices = 100;

 private:
  static void take_notice(void* worker, const PGresult* notice);
  void serve(PGconn* connection);
  [[nodiscard]] bool run_next(PGconn* connection);
  [[nodiscard]] Failure end_of(const PGconn* connection) const;

  const std::shared_ptr<ConnectionLink> link_;
  const Conninfo parameters_;
  const TimePoint deadline_;
  const std::size_t max_result_;
  std::size_t notices_ = 0;
  std::optional<ErrorResponse> last_notice_;  // what the server said of the session's end, unasked
};

}  // namespace tamada::postgres
