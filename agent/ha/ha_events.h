// What the decider is told. Plain values; who owns it turns sockets, processes and files into them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/ha/action.h"
#include "agent/ha/ha_settings.h"
#include "agent/ha/server_view.h"
#include "agent/ha/store_view.h"
#include "common/base/time.h"

namespace tamada::ha {

// The end of an operation on the lock (order AcquireLock, RenewLock, ReleaseLock), or what a former run of the agent
// left behind (adopted, once, before anything else).
struct LockReport {
  enum class Operation { adopted, acquire, renew, release };
  enum class Outcome {
    held,         // proved as agent-design asks for it: `valid_until` counts from before the request
    not_held,     // etcd says that it is not ours, or not any more
    cannot_know,  // no answer that counts
  };
  Operation operation = Operation::renew;
  Outcome outcome = Outcome::cannot_know;
  std::int64_t epoch = 0;  // the create revision of the leader key: one for each time that the lock is taken
  std::int64_t lease = 0;
  TimePoint valid_until{};    // with held; of adopted: TimePoint{}, nothing is proved
  std::int64_t revision = 0;  // etcd's, of the answer: a StoreView of an earlier one is older than this
};

// A peer's answer to an order AskPeer.
struct PeerStatus {
  // unknown: it cannot be told, so it may be a primary all the same. primary: it vetoes every race.
  enum class Server { unknown, stopped, standby, primary };
  Server server = Server::unknown;
  std::optional<Lsn> position;  // max(received, replayed); absent: its server does not tell
  std::uint32_t timeline = 0;   // 0: not known
  bool is_agent = false;        // a tamada-agent: it can vote
  // Its WAL receiver was stopped, for good, when its store showed no leader at this revision: `position` is final.
  std::optional<std::int64_t> receiver_gone_since;
  NodeTags tags;
};
struct PeerAnswer {
  std::string name;
  TimePoint sent{};                  // when it was asked
  std::optional<PeerStatus> status;  // not set: no usable answer came
};

// What the guard says of itself. It is told after each change.
struct GuardReport {
  std::int64_t epoch = 0;  // of the deadline that it holds
  bool is_armed = false;
  bool has_fired = false;  // for `epoch`: final. Every process of the server has been ended
  // It does not answer, or there is none, and not only for a moment: what it holds ends nothing, so the other fields say
  // nothing. The server can be stopped without it, and not started.
  bool is_missing = false;
  // Missing: it may make the server writable once more when it goes on, though not later than the lock's end.
  bool may_still_start = false;

  bool operator==(const GuardReport&) const = default;
};

struct ActionEnded {
  std::uint64_t id = 0;
  ActionResult result;
};

// The end of a write to the store other than the lock's.
struct WriteEnded {
  enum class Outcome { done, lost, cannot_know };
  std::uint64_t id = 0;
  Outcome outcome = Outcome::cannot_know;
  std::int64_t revision = 0;  // with done or lost: etcd's
};

// Somebody asked this node for it (REST). Answered by the facts and by the state that follows.
struct OperatorRequest {
  enum class Kind { restart, reinitialize };
  Kind kind = Kind::restart;
};

// What an earlier run of this agent had seen last of the store, once, before the first StoreView: another store, or an
// older revision, may have forgotten a lock that is still held. To be kept at least with each change of /config that was
// seen: where /config is newer than `revision`, there may have been a pause that this node did not hear of.
struct StoreMemory {
  std::uint64_t store_id = 0;
  std::int64_t revision = 0;
  std::vector<MemberView>
      members;              // `has_data` and `timeline` of what was ever seen, not only of the last time
  std::string last_leader;  // empty: none was seen
  std::uint32_t newest_timeline = 0;
};

// The agent is to end (SIGTERM).
struct LeaveRequest {};

// Something failed that nobody expected. While such errors come, the lock is not renewed.
struct UnexpectedError {
  std::string words;
};

using HaEvent =
    std::variant<StoreView, ServerView, LockReport, PeerAnswer, GuardReport, ActionEnded, WriteEnded,
                 ClusterSettings, NodeSettings, OperatorRequest, StoreMemory, LeaveRequest, UnexpectedError>;

}  // namespace tamada::ha
