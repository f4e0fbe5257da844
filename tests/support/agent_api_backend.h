// RecordingBackend: the rest of the agent, for tests of its REST API: notes what it was asked for, and answers at once with
// what the test has set, or later when the test says so.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/api_backend.h"
#include "tests/support/agent_snapshot.h"

namespace tamada::agent {

class RecordingBackend final : public ApiBackend {
 public:
  void query_server(TakeSnapshot then) override {
    ++queries;
    deliver([this, then = std::move(then)] { then(queried); });
  }
  void read_cluster(TakeSnapshot then) override {
    ++readings;
    deliver([this, then = std::move(then)] { then(read); });
  }
  void write_config(std::string config, std::optional<std::int64_t> revision, TakeWritten then) override {
    configs.emplace_back(std::move(config), revision);
    deliver([this, then = std::move(then)] { then(written); });
  }
  void write_failover(FailoverWish wish, TakeWritten then) override {
    wishes.push_back(std::move(wish));
    deliver([this, then = std::move(then)] { then(written); });
  }
  void clear_failover(std::int64_t revision, TakeWritten then) override {
    cleared.push_back(revision);
    deliver([this, then = std::move(then)] { then(written); });
  }
  void ask_candidates(std::vector<std::string> names,
                      std::function<void(std::vector<CandidateStatus>)> then) override {
    asked = std::move(names);
    std::vector<CandidateStatus> statuses;
    for (const std::string& name : asked) statuses.push_back({name, reachable, false, false});
    deliver([statuses = std::move(statuses), then = std::move(then)] { then(statuses); });
  }
  void reload() override { ++reloads; }
  void restart(RestartRequest request, std::function<void(RestartEnd, std::string)> then) override {
    restarts.push_back(std::move(request));
    deliver([this, then = std::move(then)] { then(restart_end, "reinitialize"); });
  }
  void schedule_restart(RestartRequest request, std::function<void(bool)> then) override {
    scheduled.push_back(std::move(request));
    deliver([this, then = std::move(then)] { then(yes); });
  }
  void delete_restart(std::function<void(bool)> then) override {
    deliver([this, then = std::move(then)] { then(yes); });
  }
  void reinitialize(ReinitializeRequest request,
                    std::function<void(ReinitializeStart, std::string)> then) override {
    reinitializations.push_back(request);
    deliver([this, then = std::move(then)] { then(start, "restart"); });
  }
  void failsafe(FailsafeRequest request,
                std::function<void(FailsafeEnd, std::optional<std::uint64_t>)> then) override {
    promises.push_back(std::move(request));
    deliver([then = std::move(then)] { then(FailsafeEnd::accepted, 5000); });
  }

  // What waits, with `is_late`.
  void deliver_all() {
    for (const auto& one : std::exchange(waiting, {})) one();
  }

  bool is_late = false;  // answers wait for deliver_all()
  SnapshotPtr queried;
  SnapshotPtr read;
  Written written{WriteEnd::done, 200};
  bool reachable = true;
  bool yes = true;
  RestartEnd restart_end = RestartEnd::restarted;
  ReinitializeStart start = ReinitializeStart::started;

  int queries = 0;
  int readings = 0;
  int reloads = 0;
  std::vector<std::pair<std::string, std::optional<std::int64_t>>> configs;
  std::vector<FailoverWish> wishes;
  std::vector<std::int64_t> cleared;
  std::vector<std::string> asked;
  std::vector<RestartRequest> restarts;
  std::vector<RestartRequest> scheduled;
  std::vector<ReinitializeRequest> reinitializations;
  std::vector<FailsafeRequest> promises;
  std::vector<std::function<void()>> waiting;

 private:
  void deliver(std::function<void()> answer) {
    if (is_late) {
      waiting.push_back(std::move(answer));
    } else {
      answer();
    }
  }
};

}  // namespace tamada::agent
