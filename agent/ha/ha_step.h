// Step: what the decider wants done now. Its owner carries out the orders in their sequence, and brings the server's
// settings to what is wanted whenever the server takes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/ha/action.h"
#include "agent/ha/decision_table.h"
#include "agent/ha/ha_fact.h"
#include "agent/ha/store_view.h"
#include "common/base/time.h"

namespace tamada::ha {

// ---- orders. Each is answered by one event.

// CREATE(leader) == 0 and MOD(sync) == sync_revision (0: absent). -> LockReport
struct AcquireLock {
  std::int64_t sync_revision = 0;
  bool needs_claim = false;  // and /initialize is still the claim of this node's bootstrap
};
// -> LockReport
struct RenewLock {};
// Only when the server cannot write any more. The final position goes to /status first. -> LockReport
struct ReleaseLock {
  std::optional<Lsn> final_position;
};
// -> GuardReport. A deadline that moves is told without an order being wanted in between.
struct ArmGuard {
  std::int64_t epoch = 0;
  TimePoint deadline{};  // the end of the lease; when before it the guard strikes is the guard's rule
};
// -> GuardReport
struct DisarmGuard {};
// GET /patroni. -> PeerAnswer, at the latest 2 s after
struct AskPeer {
  std::string name;
};
struct BeginAction {
  Action action;
};  // -> ActionEnded
// The action that runs is to end soon. -> ActionEnded, with whatever it came to
struct CancelAction {
  std::uint64_t id = 0;
};
// -> WriteEnded. MOD(sync) == expected (0: absent).
struct WriteSync {
  std::uint64_t id = 0;
  std::int64_t expected = 0;
  std::string leader;
  std::vector<std::string> standbys;
  bool remove = false;  // the key goes: synchronous mode is off
};
// The key tamada/timeline, with MOD == expected (0: absent), by the lock's holder. -> WriteEnded
struct WriteTimeline {
  std::uint64_t id = 0;
  std::int64_t expected = 0;
  std::uint32_t timeline = 0;
};
// `{}`, with MOD(failover) == expected. -> WriteEnded
struct ClearFailover {
  std::uint64_t id = 0;
  std::int64_t expected = 0;
};
// CREATE(initialize) == 0 and no leader key: empty, with a lease that is kept alive while the bootstrap lasts: until the
// identifier is written, the action bootstrap has failed or set_aside has ended, or this write was not told as done.
// -> WriteEnded
struct ClaimInitialize {
  std::uint64_t id = 0;
};
// The system identifier: in place of the claim, or where none is. -> WriteEnded
struct WriteInitialize {
  std::uint64_t id = 0;
  std::string system_id;
};
// The agent may end; nothing more is wanted.
struct Leave {};

using Order = std::variant<AcquireLock, RenewLock, ReleaseLock, ArmGuard, DisarmGuard, AskPeer, BeginAction,
                           CancelAction, WriteSync, WriteTimeline, ClearFailover, ClaimInitialize,
                           WriteInitialize, Leave>;

// ---- what is wanted of a server that runs, always the whole

struct WantedSettings {
  std::string follow;  // a standby's upstream, a member's name; empty: nobody
  // Set: no WAL receiver may run, because of the vacancy that was seen at this revision. A vote says so.
  std::optional<std::int64_t> receiver_off;
  // A primary's synchronous standbys in the order of Patroni's text; not set: the user's own setting.
  std::optional<std::vector<std::string>> synchronous_standbys;
  // What is in force stays: nobody knows yet what it should be.
  bool keeps_synchronous = false;
  // Strict mode and nobody there: commits wait.
  bool wait_for_nobody = false;
  bool is_closed = false;  // to clients: bootstrapped, and the lock is not held yet

  bool operator==(const WantedSettings&) const = default;
};

struct Step {
  RowId row = RowId::wait;
  std::string reason;  // of the row, in words
  std::vector<Order> orders;
  WantedSettings wanted;
  std::vector<HaFact> facts;
  TimePoint next_tick{};  // call tick() again at this time at the latest
};

}  // namespace tamada::ha
