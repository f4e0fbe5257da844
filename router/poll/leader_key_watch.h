// LeaderKeyWatch: follows Patroni's leader key in etcd and tells it as LeaderKey events; with the same client
// the failover key beside it (failover_key.h).
//
// When etcd is silent it says so, once per episode, and nothing else: an unreachable etcd changes nothing by
// itself; how old the last key may be is ClusterView's to judge (LeaderKey::as_of). The password file, if there
// is one, is read on the side thread before each login, so that a corrected password is used by the next try.
//
// Loop thread only; all references must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/etcd/client.h"
#include "common/etcd/watch.h"
#include "common/http/tls_context.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"
#include "common/loop/side_thread.h"
#include "router/cluster/cluster_events.h"
#include "router/config/router_config.h"
#include "router/poll/failover_key.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

class LeaderKeyWatch final : private etcd::WatchCallbacks {
 public:
  struct Callbacks {
    std::function<void(const LeaderKey& key)> on_key;
    std::function<void(const Fact& fact)> on_fact;  // etcd_silent, etcd_heard
    FailoverKey::Callback on_planned;
  };

  // `scope`: Patroni's, not empty. `was_silent`: a watch before this one had told a silence and not its end,
  // so that the first answer ends it. Fails (invalid) on end points that are none.
  static Result<std::unique_ptr<LeaderKeyWatch>> make(loop::Loop& loop, loop::Resolver& resolver,
                                                      loop::SideThread& side, const EtcdConfig& config,
                                                      const std::string& scope, bool was_silent,
                                                      Callbacks callbacks);
  ~LeaderKeyWatch();
  LeaderKeyWatch(const LeaderKeyWatch&) = delete;
  LeaderKeyWatch& operator=(const LeaderKeyWatch&) = delete;

  [[nodiscard]] EtcdStats status() const;
  // A silence was told, and not its end.
  [[nodiscard]] bool is_silent() const { return silence_.has_value() || was_silent_; }
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  LeaderKeyWatch(loop::Loop& loop, loop::Resolver& resolver, loop::SideThread& side, const EtcdConfig& config,
                 std::vector<http::Url> endpoints, const std::string& scope, bool was_silent,
                 Callbacks callbacks);
  void on_value(const std::string& key, const std::optional<std::string>& value, std::int64_t revision,
                TimePoint as_of) override;
  void on_fresh(TimePoint as_of) override;
  void on_silence(const Error& why) override;
  void on_still_silent(const Error& why) override { on_silence(why); }

  [[nodiscard]] etcd::ClientOptions client_options(std::vector<http::Url> endpoints);
  void read_password(std::function<void(Result<std::string>)> then);

  loop::SideThread& side_;
  const EtcdConfig config_;
  const std::string key_;
  Callbacks callbacks_;
  http::TlsContext tls_;
  etcd::Client client_;
  std::optional<etcd::Watch> watch_;
  std::optional<FailoverKey> failover_;
  LeaderKey told_;  // as the key was last read
  std::optional<TimePoint> as_of_;
  std::optional<Error> silence_;       // the newest reason
  std::set<ErrorKind> silences_told_;  // the kinds of reasons of this silence
  bool was_silent_;
};

// The URL of an etcd host as people write it: "etcd1", "etcd1:2379", "https://etcd1:2379". `tls`: what to
// speak where the text does not say.
[[nodiscard]] Result<http::Url> etcd_url(const std::string& text, bool tls);

// What a value of the leader key says: a member's name, or that there is none. A value that is too long for a
// name is measured and dropped here, so that nothing of it is kept, logged or shown.
[[nodiscard]] LeaderKey leader_key(const std::optional<std::string>& value, TimePoint as_of);

}  // namespace tamada::router
