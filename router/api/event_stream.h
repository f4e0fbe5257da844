// EventStream: GET /events, the live picture for any number of browsers, as server-sent events (WHATWG HTML,
// "Server-sent events"):
//
//   state   first the whole state (the object of GET /api/v1/state), then only the sections that changed
//   chart   every `chart_step` the newest point of each listener's chart
//   beat    when nothing else came for a while, so that a page can tell a quiet router from a lost one
//
// A picture is rendered once and its bytes are written to everybody. For a browser that reads slowly at most
// one message is kept: it is told what changed meanwhile when it has taken that, and is dropped when it takes
// nothing for long (http::Server). While nobody watches, nothing runs.
//
// Statistics thread. Loop and cache must outlive it, and the cache must not serve after its destruction.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/responder.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"
#include "router/api/backend/fresh_cache.h"
#include "router/stats/api/api_json.h"

namespace tamada::router {

class EventStream {
 public:
  EventStream(loop::Loop& loop, SnapshotCache& cache) : cache_(cache), tick_(loop, [this] { tick(); }) {}
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // More than this at a time: 503.
  void set_limit(std::size_t limit) { limit_ = limit; }
  // Begins the stream; its first message comes with the next snapshot.
  void add(http::Responder responder, const http::Headers& headers);
  [[nodiscard]] std::size_t size() const { return watchers_.size(); }
  // Who may look has changed: everybody has to come again (a browser does so by itself).
  void end_all() { watchers_.clear(); }

  static constexpr Duration every = 1s;
  static constexpr Duration every_without_leader = 250ms;
  static constexpr Duration beat_after = 4s;
  // Then a stream ends, and whoever may still look comes again.
  static constexpr Duration lasts = std::chrono::hours(1);

 private:
  using SectionsPtr = std::shared_ptr<const StateSections>;
  struct Watcher {
    http::ResponseStream stream;
    SectionsPtr sent;      // what it has seen; null: nothing
    WallTime chart_end{};  // the newest point it has seen
    TimePoint told = {};
    TimePoint begun = {};
  };
  // Made once for all watchers that have seen the same.
  using Messages = std::map<const StateSections*, std::string>;

  void tick();
  void publish(const StatsSnapshot& snapshot);
  void tell(Watcher& watcher, const StatsSnapshot& snapshot, Messages& messages);

  SnapshotCache& cache_;
  loop::Timer tick_;
  std::size_t limit_ = 500;
  std::vector<Watcher> watchers_;
  SectionsPtr sections_;  // the newest
  std::uint64_t number_ = 0;
  std::string chart_;  // the event of the newest point
  WallTime chart_end_{};
};

}  // namespace tamada::router
