#include "agent/control/api/crossing_backend.h"

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::agent {
namespace {

struct RestartTold {
  RestartEnd end = RestartEnd::failed;
  std::string action;
};

struct ReinitializeTold {
  // Whatever the HA loop is at: something is going on there that does not end.
  ReinitializeStart start = ReinitializeStart::busy;
  std::string action = "another action";
};

struct FailsafeTold {
  FailsafeEnd end = FailsafeEnd::not_enabled;
  std::optional<std::uint64_t> position;
};

std::vector<CandidateStatus> unreachable(const std::vector<std::string>& names) {
  std::vector<CandidateStatus> statuses;
  statuses.reserve(names.size());
  for (const std::string& name : names) statuses.push_back({name, false, false, false});
  return statuses;
}

}  // namespace

CrossingBackend::CrossingBackend(loop::Loop& here, loop::LoopPoster there,
                                 loop::WeakHandle<BackendThere> backend, const ApiLimits& limits)
    : loop_(here), there_(std::move(there)), backend_(std::move(backend)), limits_(limits) {}

CrossingBackend::~CrossingBackend() = default;

template <class Answer>
void CrossingBackend::ask(Duration limit, Question<Answer> question, Answer unknown,
                          std::function<void(Answer)> then) {
  waiting_.push_back(std::make_unique<Waiting>(loop_));
  Waiting* const waiting = waiting_.back().get();
  waiting->give_up = [this, waiting, unknown, then] {
    retire(waiting);
    then(unknown);
  };
  waiting->limit.start(limit);
  const TimePoint end = loop::boot_now() + std::min(limit, limits_.work);
  waiting->call = loop::CrossLoopCall::ask<Answer>(
      loop_, there_,
      [backend = backend_, question = std::move(question), end](const loop::CrossLoopReply<Answer>& reply) {
        BackendThere* const found = backend.get();
        if (found != nullptr && loop::boot_now() < end) question(found->backend, reply);
      },
      [this, waiting, unknown, then](std::optional<Answer> answer) {
        retire(waiting);
        then(answer ? *std::move(answer) : unknown);
      });
}

void CrossingBackend::retire(const Waiting* waiting) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const auto& entry) { return entry.get() == waiting; });
  std::unique_ptr<Waiting> over = std::move(*found);
  waiting_.erase(found);
  over->limit.stop();
  over->call.cancel();
  loop_.defer([over = std::move(over)] {});
}

void CrossingBackend::query_server(TakeSnapshot then) {
  ask<SnapshotPtr>(
      limits_.query, [](ApiBackend& backend, const auto& reply) { backend.query_server(reply); }, nullptr,
      std::move(then));
}

void CrossingBackend::read_cluster(TakeSnapshot then) {
  ask<SnapshotPtr>(
      limits_.work, [](ApiBackend& backend, const auto& reply) { backend.read_cluster(reply); }, nullptr,
      std::move(then));
}

void CrossingBackend::write_config(std::string config, std::optional<std::int64_t> revision,
                                   TakeWritten then) {
  ask<Written>(
      limits_.work,
      [config = std::move(config), revision](ApiBackend& backend, const auto& reply) {
        backend.write_config(config, revision, reply);
      },
      Written{}, std::move(then));
}

void CrossingBackend::write_failover(FailoverWish wish, TakeWritten then) {
  ask<Written>(
      limits_.work,
      [wish = std::move(wish)](ApiBackend& backend, const auto& reply) {
        backend.write_failover(wish, reply);
      },
      Written{}, std::move(then));
}

void CrossingBackend::clear_failover(std::int64_t revision, TakeWritten then) {
  ask<Written>(
      limits_.work,
      [revision](ApiBackend& backend, const auto& reply) { backend.clear_failover(revision, reply); },
      Written{}, std::move(then));
}

void CrossingBackend::ask_candidates(std::vector<std::string> names,
                                     std::function<void(std::vector<CandidateStatus>)> then) {
  ask<std::vector<CandidateStatus>>(
      limits_.work, [names](ApiBackend& backend, const auto& reply) { backend.ask_candidates(names, reply); },
      unreachable(names), std::move(then));
}

void CrossingBackend::reload() {
  there_.post([backend = backend_] {
    if (BackendThere* const found = backend.get()) found->backend.reload();
  });
}

void CrossingBackend::restart(RestartRequest request,
                              std::function<void(RestartEnd, std::string action)> then) {
  ask<RestartTold>(
      limits_.restart,
      [request = std::move(request)](ApiBackend& backend, const auto& reply) {
        backend.restart(request, [reply](RestartEnd end, std::string action) {
          reply({end, std::move(action)});
        });
      },
      RestartTold{}, [then = std::move(then)](RestartTold told) { then(told.end, std::move(told.action)); });
}

void CrossingBackend::schedule_restart(RestartRequest request, std::function<void(bool scheduled)> then) {
  ask<bool>(
      limits_.work,
      [request = std::move(request)](ApiBackend& backend, const auto& reply) {
        backend.schedule_restart(request, reply);
      },
      false, std::move(then));
}

void CrossingBackend::delete_restart(std::function<void(bool deleted)> then) {
  ask<bool>(
      limits_.work, [](ApiBackend& backend, const auto& reply) { backend.delete_restart(reply); }, false,
      std::move(then));
}

void CrossingBackend::reinitialize(ReinitializeRequest request,
                                   std::function<void(ReinitializeStart, std::string action)> then) {
  ask<ReinitializeTold>(
      limits_.work,
      [request](ApiBackend& backend, const auto& reply) {
        backend.reinitialize(request, [reply](ReinitializeStart start, std::string action) {
          reply({start, std::move(action)});
        });
      },
      ReinitializeTold{},
      [then = std::move(then)](ReinitializeTold told) { then(told.start, std::move(told.action)); });
}

void CrossingBackend::failsafe(FailsafeRequest request,
                               std::function<void(FailsafeEnd, std::optional<std::uint64_t> position)> then) {
  ask<FailsafeTold>(
      limits_.work,
      [request = std::move(request)](ApiBackend& backend, const auto& reply) {
        backend.failsafe(request, [reply](FailsafeEnd end, std::optional<std::uint64_t> position) {
          reply({end, position});
        });
      },
      FailsafeTold{}, [then = std::move(then)](const FailsafeTold& told) { then(told.end, told.position); });
}

}  // namespace tamada::agent
