// BlockingSession: one session with a server for the action thread, which waits for each answer. The HA loop and the
// API ask through common/postgres/client's Connection and never wait.
//
// Connects with the first statement. Nothing is sent a second time: after a failure that ended the session the next
// statement is answered with not_connected. Time limits hold whatever libpq does (connection.h). A stop that is asked
// for ends the wait, and the session: what the server does with the statement then is unknown.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "common/base/time.h"
#include "common/loop/loop.h"
#include "common/postgres/client/connection.h"

namespace tamada::agent {

class BlockingSession {
 public:
  // `parameters`: libpq's; for replication commands with {"replication", "true"}.
  explicit BlockingSession(postgres::Conninfo parameters, Duration connect_limit = 3s);
  ~BlockingSession();
  BlockingSession(const BlockingSession&) = delete;
  BlockingSession& operator=(const BlockingSession&) = delete;

  [[nodiscard]] postgres::Answer ask(postgres::Statement statement, Duration deadline,
                                     const std::stop_token& stop = {});

 private:
  struct Quiet final : postgres::ConnectionCallbacks {
    void on_connected(const postgres::Session& /*session*/) override {}
    void on_notice(const postgres::ErrorResponse& /*notice*/) override {}
    void on_closed(const postgres::Failure& /*failure*/) override {}
  };

  loop::Loop loop_;
  postgres::ConnectionThreads threads_;
  Quiet callbacks_;
  const postgres::ConnectionOptions options_;
  std::unique_ptr<postgres::Connection> connection_;
  bool was_stopped_ = false;
};

// A failure as the error of a Result; the answer's first set, where there is one.
[[nodiscard]] Result<postgres::ResultSet> first_set_of(postgres::Answer answer);

}  // namespace tamada::agent
