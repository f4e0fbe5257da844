// How a worker goes through all its sessions on somebody's behalf: to list them, or to end some by hand.
#include <algorithm>

#include "common/loop/clock.h"
#include "router/session/session.h"
#include "router/session/worker.h"

namespace tamada::router {

std::vector<std::uint64_t> Worker::numbers() const {
  std::vector<std::uint64_t> all;
  all.reserve(sessions_.size());
  for (const auto& [number, session] : sessions_) all.push_back(number);
  return all;
}

// By number: between two steps sessions end.
void Worker::walk(const std::shared_ptr<Walk>& walk) {
  const std::size_t end = std::min(walk->next + sessions_a_turn, walk->numbers.size());
  for (; walk->next < end; ++walk->next) {
    const auto found = sessions_.find(walk->numbers[walk->next]);
    if (found != sessions_.end()) walk->visit(*found->second);
  }
  if (walk->next == walk->numbers.size()) return walk->done();
  loop_.defer([this, walk] { this->walk(walk); });
}

void Worker::post_list_sessions(std::size_t most, std::function<void(WorkerSessions)> done) {
  loop_.post([this, most, done = std::move(done)] {
    auto list = std::make_shared<WorkerSessions>();
    auto going = std::make_shared<Walk>();
    going->numbers = numbers();
    list->total = going->numbers.size();
    going->numbers.resize(std::min(most, going->numbers.size()));
    list->sessions.reserve(going->numbers.size());
    going->visit = [list](const Session& session) {
      list->sessions.push_back(session.describe(loop::boot_now()));
    };
    going->done = [list, done] { done(std::move(*list)); };
    walk(going);
  });
}

void Worker::post_end_by_hand(const SessionFilter& which, std::function<void(std::uint64_t)> done) {
  loop_.post([this, which, done = std::move(done)] {
    auto going = std::make_shared<Walk>();
    going->numbers = which.number != 0 ? std::vector<std::uint64_t>{which.number} : numbers();
    auto count = std::make_shared<std::uint64_t>(0);
    going->visit = [which, count](Session& session) {
      if (!session.is_of(which.node, which.listener)) return;
      session.end_by_hand();
      ++*count;
    };
    going->done = [count, done] { done(*count); };
    walk(going);
  });
}

}  // namespace tamada::router
