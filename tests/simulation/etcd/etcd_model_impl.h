// What the sources of EtcdModel share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/etcd/etcd_model.h"

namespace tamada::simulation {

// A request that has arrived and is not answered yet.
struct EtcdModel::Waiting {
  EtcdRoute route;
  Want want = Want::majority;
  bool changes = false;           // a write: may be carried out after it has timed out
  std::int64_t living_lease = 0;  // a keep-alive: one whose lease has ended waits until it is revoked
  std::function<void(Member&, Verdict)> run;
  std::function<void(etcd::Failure)> refuse;
  bool timed_out = false;
  EventId timeout;
};

struct EtcdModel::Member {
  enum class State { running, frozen, killed };

  std::size_t index = 0;
  State state = State::running;
  std::uint64_t life = 0;  // another one after each death
  bool cut_off = false;
  TimePoint cut_at;
  bool joined = true;  // it runs, and the others and it hear each other
  EventId joining;
  bool disrupts = false;  // it has counted its term up meanwhile

  std::optional<EtcdStore> known;  // from when it left until it has caught up
  std::int64_t known_log = 0;
  std::uint64_t known_term = 0;

  FrozenClock clock = FrozenClock::goes_on;
  TimePoint frozen_at;

  // It led when it left and has not learnt better. Then: the ends of the leases as it has them.
  bool believes_to_lead = false;
  Ends believed_ends;
  EventId doubt;

  std::vector<WaitingPtr> waiting;
};

struct EtcdModel::WatchState {
  WatchId id = 0;
  EtcdRoute route;
  std::string key;
  etcd::Scope scope = etcd::Scope::key;
  std::int64_t next_revision = 0;
  bool created = false;
  bool ended = false;      // nothing more is told, but what is on its way
  bool cancelled = false;  // by the client: nothing arrives any more
  WatchCallbacks callbacks;
};

}  // namespace tamada::simulation
