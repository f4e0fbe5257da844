// PeerAsker: asks other members how they are: GET /patroni, and where its REST API says nothing, its PostgreSQL whether it is a
// primary (a silent agent's server may still take writes).
//
// A peer with whom no connection comes about within 150 ms is unreachable; a connected one has 2 s (agent-design.md section 4).
// Many may be asked at once, one peer several times too: each question is put anew, since an answer must be of after its
// question. Nothing blocks, but for the first reading of ctl's TLS files at configure().
//
// What it cannot know: an answer that is no status of this cluster (another scope or system, broken JSON) is no answer. A
// PostgreSQL that says that it is a primary is one, unless it is known to be of another system; what else it says is
// no answer.
//
// Loop thread only; Loop, resolver and threads must outlive it. After destruction no callback runs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/api/requests/handover_checks.h"
#include "agent/ha/ha_events.h"
#include "agent/server/server_setup.h"
#include "agent/server/upstream.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"
#include "common/postgres/client/connection_threads.h"

namespace tamada::agent {

class PeerAsker {
 public:
  PeerAsker(loop::Loop& loop, loop::Resolver& resolver, postgres::ConnectionThreads& threads);
  ~PeerAsker();
  PeerAsker(const PeerAsker&) = delete;
  PeerAsker& operator=(const PeerAsker&) = delete;

  // TLS, certificates and credentials of `ctl` and `restapi`; scope; users. Before the first question, and again when they
  // change; for the questions that come.
  void configure(ServerSetupPtr setup);
  // Of the cluster (the key /initialize); empty, as at first: not known, then no answer is measured by it.
  void expect_system(std::string system_identifier);

  // `then` once, at the latest some 2 s later, never from inside the call; it may destroy the asker. `status` not set: no
  // usable answer.
  void ask(const Upstream& peer, std::function<void(const ha::PeerAnswer& answer)> then);
  // The same for an operator's switchover.
  void ask_candidate(const Upstream& peer, std::function<void(const CandidateStatus& status)> then);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
