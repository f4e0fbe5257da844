// The standby n1 at position 100 of a cluster without a leader, with n2 and n3 beside it, for the tests of the race.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {

struct Racer : Node {
  Racer() {
    me.name = "n1";
    tell(server(ServerKind::standby));
    view = store(8, system_id);
    view.members = {running("n1"), running("n2"), running("n3")};
  }
  // etcd as `view` says, and nothing has changed there since.
  Step see_store() {
    view.as_of = now();
    return tell(view);
  }
  // Time passes, and nothing is heard.
  Step wait(Duration time) {
    pass(time);
    return tell(me);
  }
  Step look(bool is_receiver_gone) {
    ServerView seen = server(ServerKind::standby);
    seen.is_receiver_gone = is_receiver_gone;
    return tell(seen);
  }
  // The answer to a question of now.
  Step answer(const std::string& name, std::optional<PeerStatus> status) {
    return tell(PeerAnswer{name, now(), std::move(status)});
  }
  Step answer_both(const PeerStatus& status) {
    answer("n2", status);
    return answer("n3", status);
  }
  // It has asked its peers, all have answered, and its WAL receiver has gone: it asks for their votes.
  Step begin_votes() {
    see_store();
    answer_both(standby_at(90));
    pass(10ms);
    return look(true);
  }

  static PeerStatus standby_at(Lsn position) {
    PeerStatus status;
    status.server = PeerStatus::Server::standby;
    status.position = position;
    return status;
  }
  // A tamada-agent's, whose WAL receiver was stopped for a vacancy that its etcd showed at this revision.
  static PeerStatus agent_at(Lsn position, std::optional<std::int64_t> gone_since) {
    PeerStatus status = standby_at(position);
    status.is_agent = true;
    status.receiver_gone_since = gone_since;
    return status;
  }
  static PeerStatus primary() {
    PeerStatus status;
    status.server = PeerStatus::Server::primary;
    return status;
  }
  using Names = std::vector<std::string>;
  static Names questions(const Step& step) {
    Names names;
    for (const AskPeer& one : orders<AskPeer>(step)) names.push_back(one.name);
    return names;
  }
  static bool takes_lock(const Step& step) { return !orders<AcquireLock>(step).empty(); }
  // Nobody objects so far: the WAL receiver is to go.
  static bool goes_on(const Step& step) { return step.wanted.receiver_off.has_value(); }
  static std::ptrdiff_t times_told(const Step& step, HaFactKind kind) {
    return std::count_if(step.facts.begin(), step.facts.end(),
                         [kind](const HaFact& one) { return one.kind == kind; });
  }

  NodeSettings me;
  StoreView view;
};

}  // namespace tamada::ha
