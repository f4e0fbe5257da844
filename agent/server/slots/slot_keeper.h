// SlotKeeper: the replication slots of the local server: those of members, and the permanent physical ones of the shared
// configuration (`slots`), made before anybody connects; those that nobody wants any more are dropped (slot_wishes.h says
// which are wanted, slot_plan.h what may be dropped, slot_retention.h whose are kept for a while; Patroni's contract 3.13).
//
// Works over a session of its own for each round that has something to do; one round at a time. What is asked for meanwhile
// comes next, the newest only, and nothing more is dropped for the sake of the older. What failed is told and tried
// with the next round. Every statement asks the server once more whether it is still right: a slot that somebody began to use
// is neither dropped nor moved.
//
// Loop thread only; the Loop must outlive it. `tell` must not destroy it. Destruction ends the session; what was asked last
// may still be done.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/server/server_look.h"
#include "agent/server/server_setup.h"
#include "agent/server/slots/wanted_slots.h"
#include "common/loop/loop.h"

namespace tamada::agent {

class SlotKeeper {
 public:
  // `tell`: a sentence for the log: a slot that was dropped, or something that failed.
  SlotKeeper(loop::Loop& loop, std::function<void(const std::string& words)> tell);
  ~SlotKeeper();
  SlotKeeper(const SlotKeeper&) = delete;
  SlotKeeper& operator=(const SlotKeeper&) = delete;

  // A round with what is wanted now and what the last look saw (look.status->slots; without a status nothing is done). Also when
  // a member key appears. Nothing is dropped by a look that began (look.view.as_of) before the last drop.
  void run(ServerSetupPtr setup, const WantedSlots& wanted, const ServerLook& look);
  // For /status, of the last look that told (slot_positions()).
  [[nodiscard]] std::map<std::string, std::uint64_t> positions() const;
  // For /status: whose slots are to be kept while their members are away (retain_slots), sorted.
  [[nodiscard]] std::vector<std::string> retained() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tamada::agent
