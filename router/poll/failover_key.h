// FailoverKey: follows Patroni's failover key in etcd and tells it as PlannedChange events, each value once.
//
// A silent etcd tells nothing, here not even that: the watch of the leader key beside it says so. A value
// that cannot be read, or is longer than any that Patroni writes, announces nothing, and neither does one
// with `scheduled_at`: Patroni leaves the key as it is when its time comes, and new writers are not held for
// it.
//
// Loop thread only; client and callback must outlive it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/etcd/client.h"
#include "common/etcd/watch.h"
#include "router/cluster/cluster_events.h"

namespace tamada::router {

class FailoverKey final : private etcd::WatchCallbacks {
 public:
  using Callback = std::function<void(const PlannedChange& change)>;

  FailoverKey(etcd::Client& client, std::string key, const etcd::WatchOptions& options, const Callback& told);

 private:
  void on_value(const std::string& key, const std::optional<std::string>& value, std::int64_t revision,
                TimePoint as_of) override;
  void on_fresh(TimePoint) override {}
  void on_silence(const Error&) override {}

  const Callback& told_;
  etcd::Watch watch_;
};

// What a value of the key (common/patroni/failover_value.h) announces; nothing where it is none.
[[nodiscard]] PlannedChange planned_change(const std::optional<std::string>& value, TimePoint as_of);

}  // namespace tamada::router
