#include "agent/ha/race_ballot.h"

#include <catch2/catch.hpp>

namespace tamada::ha {
namespace {

PeerStatus peer(Lsn position) {
  PeerStatus status;
  status.server = PeerStatus::Server::standby;
  status.position = position;
  return status;
}

PeerStatus agent(Lsn position, std::optional<std::int64_t> gone_since) {
  PeerStatus status = peer(position);
  status.is_agent = true;
  status.receiver_gone_since = gone_since;
  return status;
}

RaceBallot ballot() {
  RaceBallot made;
  made.position = 100;
  made.vacancy = 7;
  return made;
}

}  // namespace

TEST_CASE("a primary among the peers vetoes, whatever else they say", "[race]") {
  RaceBallot one = ballot();
  one.answers["b"] = peer(10);
  one.answers["c"] = peer(10);
  one.answers["c"].server = PeerStatus::Server::primary;
  CHECK(count(one, true).kind == RaceResult::Kind::primary_alive);
  CHECK(count(one, true).words == "Primary (c) is still alive");
}

TEST_CASE("who has more goes first; who has as much does not", "[race]") {
  RaceBallot one = ballot();
  one.answers["b"] = peer(100);
  CHECK(count(one, false).kind == RaceResult::Kind::won);
  one.answers["c"] = peer(101);
  CHECK(count(one, false).kind == RaceResult::Kind::ahead);
  CHECK(count(one, false).words == "Wal position of c is ahead of my wal position");
  one.answers["c"].tags.nofailover = true;
  CHECK(count(one, false).kind == RaceResult::Kind::won);
}

TEST_CASE("as much and a higher priority goes first", "[race]") {
  RaceBallot one = ballot();
  one.answers["b"] = peer(100);
  one.answers["b"].tags.failover_priority = 2;
  CHECK(count(one, false).kind == RaceResult::Kind::preferred);
  CHECK(count(one, false).words ==
        "b has equally tolerable WAL position and priority 2, while this node has priority 1");
  one.position = 101;
  CHECK(count(one, false).kind == RaceResult::Kind::won);
}

TEST_CASE("the former leader of synchronous mode may be ahead by what nobody acknowledged", "[race]") {
  RaceBallot one = ballot();
  one.answers["b"] = peer(200);
  one.former_leader = "B";  // names in /sync compare without regard to case
  CHECK(count(one, false).kind == RaceResult::Kind::won);
  one.answers["c"] = peer(101);  // nobody else may
  CHECK(count(one, false).kind == RaceResult::Kind::ahead);
}

TEST_CASE("an agent's position is a vote only when its receiver is gone for this vacancy", "[race]") {
  RaceBallot one = ballot();
  one.answers["b"] = agent(90, std::nullopt);
  CHECK(count(one, false).kind == RaceResult::Kind::not_final);
  one.answers["b"] = agent(90, 6);  // of a vacancy of before
  CHECK(count(one, false).kind == RaceResult::Kind::not_final);
  CHECK(count(one, true).kind == RaceResult::Kind::won);
  one.answers["b"] = agent(90, 7);
  CHECK(count(one, false).kind == RaceResult::Kind::won);
  one.answers["b"] = agent(0, std::nullopt);
  one.answers["b"].position.reset();
  one.answers["b"].server = PeerStatus::Server::stopped;  // it has handed over: it receives nothing
  CHECK(count(one, false).kind == RaceResult::Kind::won);
  one.answers["b"] = agent(110, std::nullopt);
  CHECK(count(one, true).kind == RaceResult::Kind::ahead);  // a vote or not: it has more
}

TEST_CASE("who tells no position does not vote", "[race]") {
  RaceBallot one = ballot();
  one.answers["b"] = PeerStatus{};
  one.answers["c"] = peer(0);
  CHECK(count(one, false).kind == RaceResult::Kind::won);
}

}  // namespace tamada::ha
