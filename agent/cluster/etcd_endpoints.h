// EtcdEndpoints: asks etcd who its members are, and lets the client use their addresses, so that a configuration that
// names one member of a cluster, or members that have been replaced, goes on working.
//
// The configured addresses stay, behind those that etcd tells: what members advertise may be good only for each other.
// An answer that names nobody usable changes nothing, nor does silence. Loop thread only; the Client must outlive it.
#pragma once

#include <string>
#include <vector>

#include "common/etcd/client.h"
#include "common/loop/timer.h"

namespace tamada::agent {

// Those of the members first, each once, then the configured ones that are not among them. Learners, which serve no
// linearizable reads, members that have not started and URLs that are none are left out.
[[nodiscard]] std::vector<http::Url> merge_endpoints(const std::vector<http::Url>& configured,
                                                     const std::vector<etcd::ClusterMember>& members);

class EtcdEndpoints {
 public:
  // Asks at once, then every `every` (Patroni: ten times its ttl); after a failure, and while a member has not told its
  // addresses, again after `retry`.
  EtcdEndpoints(loop::Loop& loop, etcd::Client& client, std::vector<http::Url> configured, Duration every,
                Duration retry);
  EtcdEndpoints(const EtcdEndpoints&) = delete;
  EtcdEndpoints& operator=(const EtcdEndpoints&) = delete;

  // Now: etcd was silent.
  void refresh();
  [[nodiscard]] const std::vector<http::Url>& used() const { return used_; }

 private:
  void on_members(const etcd::Outcome<etcd::MemberListReply>& outcome);

  etcd::Client& client_;
  const std::vector<http::Url> configured_;
  const Duration every_;
  const Duration retry_;
  std::vector<http::Url> used_;
  etcd::CallPtr call_;
  loop::Timer timer_;
};

}  // namespace tamada::agent
