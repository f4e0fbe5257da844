// The leader n1 that is asked to hand over, for the tests of what becomes of that.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/unit/agent/ha/lock_holder.h"

namespace tamada::ha {

// What a step tells people of this kind, in words.
[[nodiscard]] inline std::vector<std::string> words_of(const Step& step, HaFactKind kind) {
  std::vector<std::string> found;
  for (const HaFact& fact : step.facts) {
    if (fact.kind == kind) found.push_back(fact.words);
  }
  return found;
}

// Who is asked, in the order of the questions.
[[nodiscard]] inline std::vector<std::string> asked_by(const Step& step) {
  std::vector<std::string> names;
  for (const AskPeer& one : orders<AskPeer>(step)) names.push_back(one.name);
  return names;
}

// A leader with an armed guard.
struct ArmedLeader : Holder {
  ArmedLeader() : Holder(ServerKind::primary) {
    tell(view);
    tell(GuardReport{7, true, false});
  }
  // Somebody asks for another leader.
  Step ask_for(const std::string& leader, const std::string& candidate) {
    ++view.revision;
    view.failover = {view.revision, leader, candidate, true};
    view.as_of = now();
    return tell(view);
  }
  // etcd as it is now, at a later revision.
  Step see_store() {
    ++view.revision;
    view.as_of = now();
    return tell(view);
  }
  static PeerStatus standby_at(Lsn position) {
    PeerStatus status;
    status.server = PeerStatus::Server::standby;
    status.position = position;
    return status;
  }
  Step answer(const std::string& name, std::optional<PeerStatus> status) {
    return tell(PeerAnswer{name, now(), std::move(status)});
  }
  static std::optional<std::uint64_t> begun(const Step& step, ActionKind kind) {
    const auto all = orders<BeginAction>(step);
    if (all.size() != 1 || all[0].action.kind != kind) return std::nullopt;
    return all[0].action.id;
  }
  Step end(std::optional<std::uint64_t> action, ActionResult::Outcome outcome = ActionResult::Outcome::done) {
    return tell(ActionEnded{action.value_or(0), {outcome, Divergence::cannot_know, {}}});
  }
  // Down in good order, with everything up to 100.
  ServerView down(ControlState control = ControlState::shut_down) {
    ServerView seen = server(ServerKind::stopped);
    seen.control = control;
    seen.checkpoint = 100;
    return seen;
  }
  // What etcd says of the release.
  Step released() {
    LockReport report = lock(LockReport::Operation::release, 7, ++view.revision);
    report.outcome = LockReport::Outcome::not_held;
    view.leader.reset();
    return tell(report);
  }
};

// It has stopped its server for a switchover to n2, and asks what n2 has.
struct Confirming : ArmedLeader {
  void stop_for(const std::string& leader, const std::string& candidate) {
    ask_for(leader, candidate);
    const auto stop = begun(answer("n2", standby_at(100)), ActionKind::stop_fast);
    CHECK(stop);
    pass(1s);
    end(stop);
    pass(1ms);
  }
};

}  // namespace tamada::ha
