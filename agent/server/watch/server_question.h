// ServerQuestion: asks the server once, by a new session: everything that a look wants to know.
//
// A server that does not answer has `budget`; until then what fails without an answer of PostgreSQL is tried again (a full
// queue of a Unix socket fails at once). So `silent` (sql_meaning.h) means: nothing for all of that time.
//
// `then` once, never from inside the constructor; it may destroy this. Destruction cancels. Loop thread only; loop and
// threads must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/server/watch/server_sighting.h"
#include "common/loop/blocking_task.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"
#include "common/postgres/client/connection.h"

namespace tamada::agent {

struct SqlPlan {
  postgres::Conninfo conninfo;
  std::string data_dir;                   // for postmaster.pid
  Duration budget = 4s;                   // for everything but the look at that file
  std::optional<WalPosition> flushed_at;  // ask for a flush where the log is still flushed to here only
};

class ServerQuestion final : public postgres::ConnectionCallbacks {
 public:
  using Then = std::function<void(SqlSighting sighting)>;
  ServerQuestion(loop::Loop& loop, postgres::ConnectionThreads& threads, SqlPlan plan, Then then);
  ~ServerQuestion() override = default;
  ServerQuestion(const ServerQuestion&) = delete;
  ServerQuestion& operator=(const ServerQuestion&) = delete;

  // --- of its connection
  void on_connected(const postgres::Session& session) override;
  void on_notice(const postgres::ErrorResponse& /*notice*/) override {}
  void on_closed(const postgres::Failure& failure) override;

 private:
  void connect();
  void on_status(const postgres::Answer& answer);
  void ask_for_receiver();
  void ask_for_flush();
  void failed(const postgres::Failure& failure);
  void look_at_file();
  void finish();
  [[nodiscard]] Duration left() const;

  loop::Loop& loop_;
  postgres::ConnectionThreads& threads_;
  const SqlPlan plan_;
  Then then_;
  const TimePoint deadline_;
  SqlSighting seen_;
  loop::Timer retry_;
  loop::Timer file_limit_;
  std::unique_ptr<loop::BlockingTask> file_;
  std::unique_ptr<postgres::Connection> connection_;
};

}  // namespace tamada::agent
