#include "router/serve/runtime_sockets.h"

#include <algorithm>
#include <utility>

namespace tamada::router {

namespace {

// Level and mode may differ: a door takes new ones without being opened again.
bool same_place(const StatsSocket& a, const StatsSocket& b) {
  return a.path == b.path && a.address == b.address;
}

}  // namespace

RuntimeSockets::RuntimeSockets(loop::Loop& loop, StatsBackend& backend, SnapshotCache& snapshots,
                               SessionCache& sessions, std::function<RenderOptions()> options,
                               std::function<void(bool all)> clear, loop::InheritedSockets* inherited)
    : loop_(loop),
      backend_(backend),
      snapshots_(snapshots),
      session_cache_(sessions),
      options_(std::move(options)),
      clear_(std::move(clear)),
      inherited_(inherited) {}

std::vector<Error> RuntimeSockets::prepare(const std::vector<StatsSocket>& wanted) {
  std::vector<Error> errors;
  next_.clear();
  for (const StatsSocket& place : wanted) {
    Next next{place, nullptr};
    const bool is_open = std::any_of(doors_.begin(), doors_.end(),
                                     [&](const auto& door) { return same_place(door->place(), place); });
    if (!is_open) {
      RuntimeHost& host = *this;
      next.door = std::make_unique<RuntimeDoor>(loop_, host, place);
      if (const auto opened = next.door->open(inherited_); !opened) {
        errors.push_back({opened.error().kind, "stats.socket: " + opened.error().message});
        continue;
      }
    }
    next_.push_back(std::move(next));
  }
  if (!errors.empty()) next_.clear();
  return errors;
}

void RuntimeSockets::commit() {
  places_.clear();
  std::vector<std::unique_ptr<RuntimeDoor>> doors;
  for (Next& next : next_) {
    places_.push_back(next.place);
    if (next.door == nullptr) {
      const auto same = std::find_if(doors_.begin(), doors_.end(), [&](const auto& door) {
        return door != nullptr && same_place(door->place(), next.place);
      });
      if (same == doors_.end()) continue;
      next.door = std::move(*same);
    }
    next.door->start(next.place);
    doors.push_back(std::move(next.door));
  }
  doors_ = std::move(doors);
  next_.clear();
}

void RuntimeSockets::get_snapshot(SnapshotCache::Use use) {
  snapshots_.get(std::move(use));
}

void RuntimeSockets::get_sessions(SessionCache::Use use) {
  session_cache_.get(std::move(use));
}

void RuntimeSockets::act(Action action, std::function<void(ActionResult)> done) {
  if (action.kind == Action::Kind::clear_maxima) clear_(false);
  if (action.kind == Action::Kind::clear_counters) clear_(true);
  backend_.act(std::move(action), [this, alive = std::weak_ptr<bool>(alive_),
                                   done = std::move(done)](const ActionResult& result) {
    if (alive.expired()) return;
    // Who changed something wants to see it, here and on the page.
    snapshots_.expire();
    session_cache_.expire();
    done(result);
  });
}

}  // namespace tamada::router
