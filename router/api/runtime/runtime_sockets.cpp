#include "router/api/runtime/runtime_sockets.h"

#include <algorithm>
#include <utility>

namespace tamada::router {

namespace {

// Level and mode may differ: a listener takes new ones without being opened again.
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
    const bool is_open = std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& listener) {
      return same_place(listener->place(), place);
    });
    if (!is_open) {
      RuntimeCallbacks& host = *this;
      next.listener = std::make_unique<RuntimeListener>(loop_, host, place);
      if (const auto opened = next.listener->open(inherited_); !opened) {
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
  std::vector<std::unique_ptr<RuntimeListener>> listeners;
  for (Next& next : next_) {
    places_.push_back(next.place);
    if (next.listener == nullptr) {
      const auto same = std::find_if(listeners_.begin(), listeners_.end(), [&](const auto& listener) {
        return listener != nullptr && same_place(listener->place(), next.place);
      });
      if (same == listeners_.end()) continue;
      next.listener = std::move(*same);
    }
    next.listener->start(next.place);
    listeners.push_back(std::move(next.listener));
  }
  listeners_ = std::move(listeners);
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
  backend_.act(std::move(action),
               [handle = handles_.handle(), done = std::move(done)](const ActionResult& result) {
                 RuntimeSockets* self = handle.get();
                 if (self == nullptr) return;
                 // Who changed something wants to see it, here and on the page.
                 self->snapshots_.expire();
                 self->session_cache_.expire();
                 done(result);
               });
}

}  // namespace tamada::router
