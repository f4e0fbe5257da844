// ApiBackend: what the REST API asks of the rest of the agent. The API decides what is asked for and what it is answered
// with; the backend does it.
//
// Threads: the API's loop calls these, and each callback must be called on that loop (an implementation that lives on another
// loop asks there with loop::CrossLoopCall). Once for each call, now or later. A callback may be called after the ApiServer
// has gone, and does nothing then. Nothing here may block, and many calls may be under way at once. A client that goes away
// cancels nothing: what was begun is finished.
//
// When it cannot know: it says so with the value that stands for it (a null snapshot, failed); it does not wait for ever,
// since a client of POST /restart would.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/answers/node_snapshot.h"
#include "agent/api/requests/handover_checks.h"
#include "agent/api/requests/member_requests.h"
#include "agent/api/requests/restart_request.h"

namespace tamada::agent {

enum class WriteEnd {
  done,
  conflict,  // somebody else has written since
  failed,    // refused, or nobody knows what became of it
};
struct Written {
  WriteEnd end = WriteEnd::failed;
  std::int64_t revision = 0;  // of etcd, of the write that is done
};

// What is written into the failover key.
struct FailoverWish {
  std::string leader;        // empty: whoever leads
  std::string candidate;     // empty: whoever is fit
  std::string scheduled_at;  // ISO 8601; empty: now
};

class ApiBackend {
 public:
  using TakeSnapshot = std::function<void(SnapshotPtr)>;
  using TakeWritten = std::function<void(Written)>;

  virtual ~ApiBackend() = default;

  // A snapshot whose facts were asked for after this call. Null: SQL does not answer.
  virtual void query_server(TakeSnapshot then) = 0;
  // A snapshot whose view of the cluster was read from etcd, linearizably, after this call. Null: etcd does not answer.
  virtual void read_cluster(TakeSnapshot then) = 0;

  // The shared configuration, whole; with a revision only while the key's mod_revision is that one. The HA loop is woken.
  virtual void write_config(std::string config, std::optional<std::int64_t> revision, TakeWritten then) = 0;
  virtual void write_failover(FailoverWish wish, TakeWritten then) = 0;
  // Takes the wish back, while the key's mod_revision is that one.
  virtual void clear_failover(std::int64_t revision, TakeWritten then) = 0;
  // GET /patroni of each; one status for each name, also of who does not answer.
  virtual void ask_candidates(std::vector<std::string> names,
                              std::function<void(std::vector<CandidateStatus>)> then) = 0;

  // As SIGHUP.
  virtual void reload() = 0;
  // At once. `then`: when it is over; `action`: of busy, what is going on.
  virtual void restart(RestartRequest request, std::function<void(RestartEnd, std::string action)> then) = 0;
  // False: another one is scheduled already.
  virtual void schedule_restart(RestartRequest request, std::function<void(bool scheduled)> then) = 0;
  // False: none is scheduled.
  virtual void delete_restart(std::function<void(bool deleted)> then) = 0;
  // `then`: when it has begun; `action`: of busy, what is going on.
  virtual void reinitialize(ReinitializeRequest request,
                            std::function<void(ReinitializeStart, std::string action)> then) = 0;
  // A leader without etcd asks for the promise not to race. `position`: see failsafe_answer().
  virtual void failsafe(FailsafeRequest request,
                        std::function<void(FailsafeEnd, std::optional<std::uint64_t> position)> then) = 0;
};

}  // namespace tamada::agent
