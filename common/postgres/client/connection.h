// Connection: one session with a PostgreSQL server through libpq, which runs on a thread of its own; asked
// and answered on the loop's.
//
//   Connection connection(loop, threads, {.parameters = {{"host", "/run/postgresql"}, {"user", "postgres"}}},
//                         callbacks);
//   connection.ask({"SELECT pg_is_in_recovery()"}, {.deadline = 2s}, [](const Answer& answer) { ... });
//
// Names, TLS, SCRAM, password files, several hosts and target_session_attrs are libpq's, as in every libpq
// program, but for: `connect_timeout` (connect_limit is in its place), `dbname` (a name, never a connection
// string), and `client_encoding`, which is UTF8 unless given. `hostaddr` beside `host` spares libpq the
// look-up of the name, which may hang. A replication connection is one with {"replication", "true"}; its
// commands are asked by the simple protocol. COPY, so streaming too, is not supported: it ends the
// connection.
//
// One statement runs at a time, the others wait in the order asked, also for the session. Nothing is ever
// sent a second time and no session is made again: a Connection that has ended stays so.
//
// **Time limits hold whatever libpq does.** They run on the loop, by the boot-time clock. When one passes,
// the asker is answered then; a thread that is still inside libpq is left behind (connection_threads.h bounds
// how many). After
//   connect_limit            the connection is closed
//   cancel_after, cancel()   the server is asked to give the statement up; its answer decides: an error
//                            57014, and the session goes on, or the result, if that was faster. The next
//                            statement waits until the request has returned, which could hit it otherwise
//   deadline of a statement  while it runs: the connection is closed, the outcome is unknown, and the server
//                            is asked to give up what it still does. While it waits for its turn: nothing
//                            else happens, unless what it waits for is a cancel request: then it is closed
// A cancel request is a connection of its own, without TLS before libpq 17: it may get lost, and the server
// never says that it came. Destruction while a statement runs sends one, too.
//
// When it cannot know, it says so: a statement that was handed to libpq and is not answered in full has the
// outcome `unknown`, be it that the network ended, the server was killed, or its time ran out.
//
// Loop thread only; Loop, ConnectionThreads and callbacks must outlive it. After destruction no callback
// runs; it may happen inside a callback, and so may ask() and cancel(). Nothing is answered from inside a
// call.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "common/loop/loop.h"
#include "common/loop/timer.h"
#include "common/postgres/client/connection_link.h"
#include "common/postgres/client/connection_threads.h"
#include "common/postgres/client/conninfo.h"

namespace tamada::postgres {

struct ConnectionOptions {
  Conninfo parameters;
  Duration connect_limit = 3s;  // for all hosts together
  // Bytes of memory that the rows of one answer may take, about: what the cells hold, and what holds the
  // cells.
  std::size_t max_result = std::size_t{16} * 1024 * 1024;
};

class ConnectionCallbacks {
 public:
  virtual ~ConnectionCallbacks() = default;
  // At most once, before any answer of the server.
  virtual void on_connected(const Session& session) = 0;
  // A notice or warning of the server, before the answer that it belongs to; at most 100 of each statement.
  virtual void on_notice(const ErrorResponse& notice) = 0;
  // No session came about, or it ended: told at once, also while nothing is asked. At most once; the
  // statements that waited were answered before.
  virtual void on_closed(const Failure& failure) = 0;
};

class Connection final : private LinkCallbacks {
 public:
  using OnAnswer = std::function<void(Answer answer)>;  // the answer is its own

  // Connects at once.
  Connection(loop::Loop& loop, ConnectionThreads& threads, const ConnectionOptions& options,
             ConnectionCallbacks& callbacks);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Answered once. Of a connection that has ended: not_connected.
  void ask(Statement statement, StatementLimits limits, OnAnswer on_answer);
  // Asks the server to give up the statement that runs; does nothing where none does.
  void cancel();

  [[nodiscard]] bool is_connected() const { return state_ == State::connected; }
  [[nodiscard]] bool is_closed() const { return state_ == State::closed; }
  // Only once connected. Its parameters are kept as the server reported them with the last answer.
  [[nodiscard]] const Session& session() const { return session_; }
  // What the thread is at: where it hangs, if it does.
  [[nodiscard]] Stage stage() const { return link_->stage(); }

 private:
  enum class State { connecting, connected, closed };
  enum class Cancel { none, by_limit, by_owner };
  struct Asked {
    Statement statement;
    OnAnswer on_answer;
    TimePoint deadline;
    TimePoint cancel_at;  // max(): never
    bool is_running = false;
    Cancel cancel = Cancel::none;
  };

  void on_session(const Session& session, const CancelFunction& cancel) override;
  void on_server_notice(const ErrorResponse& notice) override;
  void on_answer(Answer answer, const std::map<std::string, std::string>& parameters,
                 const std::optional<Failure>& end) override;
  void on_end(const Failure& failure) override;
  void on_cancel_returned() override;

  // Empty: it has begun. Else why it cannot.
  [[nodiscard]] std::optional<Failure> begin(const ConnectionOptions& options);
  void defer(std::function<void()> what);
  void run_next();
  void arm();
  void on_time();
  void send_cancel();
  void end(const Failure& failure, bool is_first_ones);
  [[nodiscard]] bool is_running() const { return !asked_.empty() && asked_.front().is_running; }
  [[nodiscard]] Failure failure(FailureKind kind, Outcome outcome, const std::string& words) const;
  // Puts the server before the words.
  [[nodiscard]] Failure named(Failure failure) const;

  loop::Loop& loop_;
  ConnectionThreads& threads_;
  ConnectionCallbacks& callbacks_;
  const std::string server_;  // for people
  const std::shared_ptr<ConnectionLink> link_;
  State state_ = State::connecting;
  TimePoint connect_deadline_;
  Session session_;
  CancelFunction cancel_;
  bool is_cancelling_ = false;  // a request is under way
  std::deque<Asked> asked_;     // the first may be running
  loop::Timer timer_;           // the next of all limits
};

}  // namespace tamada::postgres
