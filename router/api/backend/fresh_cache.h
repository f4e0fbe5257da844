// FreshCache: a value that somebody else makes on request, kept for as long as it counts as fresh, so that a
// thousand askers cost its maker what a few cost. SnapshotCache and SessionCache are the two uses.
//
// When it cannot know (the maker does not answer within `patience`): who waits gets the last value there was,
// old as it is, or a null pointer if there never was one; the values say themselves of when they are.
// Loop thread only; the loop must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/loop/clock.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

template <class Value>
class FreshCache {
 public:
  using Pointer = std::shared_ptr<const Value>;
  using Use = std::function<void(const Pointer&)>;
  // Must call `ready` once, later, on this thread (or never).
  using Make = std::function<void(std::function<void(Pointer)> ready)>;

  FreshCache(loop::Loop& loop, Duration fresh_for, Make make)
      : fresh_for_(fresh_for), make_(std::move(make)), given_up_(loop, [this] { serve(); }) {}
  FreshCache(const FreshCache&) = delete;
  FreshCache& operator=(const FreshCache&) = delete;

  // At once if the value is fresh, else when there is one. `use` must tell by itself whether its owner is
  // still there (a Responder does).
  void get(Use use) {
    if (is_younger_than(fresh_for_)) return use(latest_);
    waiting_.push_back(std::move(use));
    ask();
    if (!given_up_.is_active()) given_up_.start(patience);
  }

  // For who rather has a value that is up to twice as old than waits: null if there is none, too. A new one
  // is asked for when it is no longer fresh, so that among many who ask nobody waits.
  [[nodiscard]] Pointer recent() {
    if (is_younger_than(fresh_for_)) return latest_;
    if (!is_younger_than(2 * fresh_for_)) return nullptr;
    ask();
    return latest_;
  }

  // What was made so far counts as old: something was changed, and whoever asks now is to see it.
  void expire() {
    fresh_since_ = loop::boot_now();
    if (asked_) again_ = true;
  }

  // However old; null before the first.
  [[nodiscard]] const Pointer& latest() const { return latest_; }

  static constexpr Duration patience = 1s;

 private:
  [[nodiscard]] bool is_younger_than(Duration age) const {
    return latest_ != nullptr && made_ > fresh_since_ && loop::boot_now() - made_ < age;
  }

  void ask() {
    if (asked_) return;
    asked_ = true;
    make_([handle = handles_.handle()](Pointer value) {
      if (FreshCache* cache = handle.get()) cache->take(std::move(value));
    });
  }

  void take(Pointer value) {
    asked_ = false;
    latest_ = std::move(value);
    made_ = loop::boot_now();
    // It may have been made before what expired it.
    if (std::exchange(again_, false)) return ask();
    serve();
  }

  void serve() {
    given_up_.stop();
    // Whoever asks while these are served is served another time.
    const std::vector<Use> waiting = std::exchange(waiting_, {});
    for (const Use& use : waiting) use(latest_);
  }

  const Duration fresh_for_;
  const Make make_;
  loop::Timer given_up_;
  Pointer latest_;
  TimePoint made_{};
  TimePoint fresh_since_{};
  bool again_ = false;
  bool asked_ = false;
  std::vector<Use> waiting_;
  loop::WeakHandles<FreshCache> handles_{*this};
};

using SnapshotCache = FreshCache<StatsSnapshot>;
using SessionCache = FreshCache<SessionList>;

}  // namespace tamada::router
