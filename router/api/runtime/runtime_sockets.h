// RuntimeSockets: all run-time sockets of the configuration, HAProxy's `stats socket`. Lives on the
// statistics thread.
//
// A change of the configuration comes in two steps, as with other ports: prepare() opens what is new beside
// what is open, and says what cannot be opened; commit() closes what is no longer wanted, abandon() takes it
// all back.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/loop/lifetime.h"
#include "router/api/backend/stats_backend.h"
#include "router/api/runtime/runtime_listener.h"

namespace tamada::router {

class RuntimeSockets final : private RuntimeCallbacks {
 public:
  // `options`: how things are shown now (standby_status, the counters of the statistics port). `clear`: the
  // statistics port's own counters are cleared, too: its maxima, or all. `inherited`: see
  // RuntimeListener::open(). Everything must outlive it.
  RuntimeSockets(loop::Loop& loop, StatsBackend& backend, SnapshotCache& snapshots, SessionCache& sessions,
                 std::function<RenderOptions()> options, std::function<void(bool all)> clear,
                 loop::InheritedSockets* inherited = nullptr);
  RuntimeSockets(const RuntimeSockets&) = delete;
  RuntimeSockets& operator=(const RuntimeSockets&) = delete;

  // One error for each that cannot be opened: "stats.socket: cannot listen on ...". Nobody is served at a new
  // one before commit().
  [[nodiscard]] std::vector<Error> prepare(const std::vector<StatsSocket>& wanted);
  void commit();
  void abandon() { next_.clear(); }

  [[nodiscard]] const std::vector<std::unique_ptr<RuntimeListener>>& listeners() const { return listeners_; }

 private:
  // With each place that is open already: null, until commit() puts it there.
  struct Next {
    StatsSocket place;
    std::unique_ptr<RuntimeListener> listener;
  };

  void get_snapshot(SnapshotCache::Use use) override;
  void get_sessions(SessionCache::Use use) override;
  void act(Action action, std::function<void(ActionResult)> done) override;
  [[nodiscard]] RenderOptions render_options() const override { return options_(); }
  [[nodiscard]] std::span<const StatsSocket> sockets() const override { return places_; }

  loop::Loop& loop_;
  StatsBackend& backend_;
  SnapshotCache& snapshots_;
  SessionCache& session_cache_;
  const std::function<RenderOptions()> options_;
  const std::function<void(bool all)> clear_;
  loop::InheritedSockets* const inherited_;
  std::vector<StatsSocket> places_;
  loop::WeakHandles<RuntimeSockets> handles_{*this};
  std::vector<std::unique_ptr<RuntimeListener>> listeners_;
  std::vector<Next> next_;
};

}  // namespace tamada::router
