#include "common/postgres/client/connection_threads.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

#include "common/loop/start_thread.h"

namespace tamada::postgres {

struct ConnectionThreads::Counts {
  std::mutex mutex;
  std::condition_variable changed;
  std::array<std::size_t, 2> alive{};  // by Use

  std::size_t& of(Use use) { return alive.at(static_cast<std::size_t>(use)); }
  void ended(Use use) {
    const std::lock_guard lock(mutex);
    --of(use);
    changed.notify_all();
  }
};

ConnectionThreads::ConnectionThreads() : ConnectionThreads(Limits{}) {}

ConnectionThreads::ConnectionThreads(Limits limits) : limits_(limits), counts_(std::make_shared<Counts>()) {}

ConnectionThreads::~ConnectionThreads() {
  std::unique_lock lock(counts_->mutex);
  counts_->changed.wait_for(lock, patience,
                            [this] { return counts_->alive == std::array<std::size_t, 2>{}; });
}

Result<void> ConnectionThreads::start(Use use, std::function<void()> body) {
  const std::size_t limit = use == Use::connection ? limits_.connections : limits_.cancels;
  {
    const std::lock_guard lock(counts_->mutex);
    if (counts_->of(use) >= limit) {
      return fail(ErrorKind::system,
                  fmt::format("{} threads for {} are at work or hang in libpq, and no more than {} may",
                              limit, use == Use::connection ? "connections" : "cancel requests", limit));
    }
    ++counts_->of(use);
  }
  try {
    loop::start_thread(use == Use::connection ? "libpq" : "libpq-cancel", [counts = counts_, use,
                                                                           body = std::move(body)]() mutable {
      // What the body holds goes before the count does.
      std::exchange(body, nullptr)();
      counts->ended(use);
    }).detach();
  } catch (const std::system_error& error) {
    counts_->ended(use);
    return fail(ErrorKind::system, error.what());
  }
  return {};
}

std::size_t ConnectionThreads::alive(Use use) const {
  const std::lock_guard lock(counts_->mutex);
  return counts_->of(use);
}

}  // namespace tamada::postgres
