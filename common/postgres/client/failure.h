// Failure: why a connection did not come about or ended, or why a statement has no result, as values.
//
// Code branches on kind, stage, outcome and server.sqlstate; error.message is for people. It names the server
// (host, port, user, database) and holds no password and no statement of ours, but it may hold the server's
// words, and those quote statements: who puts a secret into a statement does not log the answer to it.
#pragma once

#include "common/base/result.h"
#include "common/postgres/error_response.h"

namespace tamada::postgres {

enum class FailureKind {
  invalid,       // a parameter that libpq does not know, a zero byte in a text: nothing was tried
  no_resources,  // no thread, descriptor or memory here, or the limit of threads is reached: nothing was
                 // tried
  refused,  // each address answered that nobody listens there (or there is no such Unix socket). A firewall
            // may say so, too, and so does a server between two postmasters: it proves nothing of the data
  unreachable,  // no session, and no PostgreSQL error says why: name, network, TLS, the peer hung up or does
                // not speak PostgreSQL's protocol, a wrong value of a parameter, no host as
                // target_session_attrs wants it
  authentication,  // not let in: SQLSTATE class 28, or a password was wanted and none was given
  rejected,        // the server answered the start-up with another SQLSTATE: 57P03, 53300, 3D000, ...
  timed_out,       // a limit of the asker passed
  cancelled,       // the server ended the statement because cancel() was called
  server_error,    // the server answered the statement with an error; the session goes on
  lost,           // the session ended: by the server (57P01 and the like, severity FATAL), by the network, or
                  // since what came was not PostgreSQL's protocol
  not_connected,  // asked of a connection that was closed before, or closed before the statement's turn
  too_large,      // the result passed the limit of the connection's options: the connection is closed
  unsupported,    // the statement asked for COPY, in one direction or (START_REPLICATION) both
};
[[nodiscard]] const char* name_of(FailureKind kind);
[[nodiscard]] ErrorKind error_kind_of(FailureKind kind);

// How far it had come. Of a connection attempt: what libpq was at. It may block in `start` (name look-ups,
// service and password files) and in `encryption` (certificates, GSS).
enum class Stage {
  start,       // reading parameters and files, looking names up, opening the socket
  connect,     // waiting for the network or the socket's queue
  encryption,  // TLS or GSS
  login,       // from the start-up packet to the first ReadyForQuery
  session,     // the session is there: looking at target_session_attrs, or idle
  statement,   // a statement
};
[[nodiscard]] const char* name_of(Stage stage);

// What became of the statement. Nothing here ever sends one a second time.
enum class Outcome {
  not_sent,  // it never left this process. Also everything that is no statement
  answered,  // the server said how it ended. An error: a transaction of its own was rolled back; what commits
             // in steps (a procedure, CREATE INDEX CONCURRENTLY) may have left something behind
  unknown,   // it may have been carried out, wholly or not, or may still be going on. Look, before asking
             // again
};
[[nodiscard]] const char* name_of(Outcome outcome);

struct Failure {
  FailureKind kind = FailureKind::lost;
  Stage stage = Stage::start;
  Outcome outcome = Outcome::not_sent;
  // What the server said; sqlstate is empty where it said nothing. Of a start-up only sqlstate and message.
  ErrorResponse server;
  Error error;

  bool operator==(const Failure&) const = default;
};

// What a SQLSTATE that ended a start-up means: authentication or rejected; unreachable where there is none.
[[nodiscard]] FailureKind kind_of_startup_error(std::string_view sqlstate);

// What an error says of the statement that it answered. A FATAL or PANIC may come between commit and answer,
// 08007 and 40003 say themselves that nothing is known.
[[nodiscard]] Outcome outcome_of_error(const ErrorResponse& error);

// FATAL or PANIC: the server ends the session with it.
[[nodiscard]] bool ends_session(const ErrorResponse& error);

}  // namespace tamada::postgres
