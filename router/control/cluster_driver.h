// ClusterDriver: gives ClusterView (what is believed) hands and eyes. Turns each Step into deeds: asks go to
// the NodePoller, tables to whoever publishes them, facts into the log (one line each) and the history, the
// next tick into the one timer. What comes back goes in again.
//
// Loop thread only; all references must outlive it. Nothing here blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/log/event_log.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"
#include "common/loop/side_thread.h"
#include "common/loop/timer.h"
#include "router/cluster/cluster_view.h"
#include "router/history/fact_history.h"
#include "router/poll/leader_key_watch.h"
#include "router/poll/node_poller.h"

namespace tamada::router {

class ClusterDriver {
 public:
  struct Callbacks {
    std::function<void(const RoutingTablePtr& table)> publish;
    // Members of the cluster were told; the view knows them already.
    std::function<void(const patroni::ClusterMembers& members)> on_members;
    // The view took a turn: before its facts are told.
    std::function<void()> on_turn;
    std::function<void(const Fact& fact)> on_fact;
    // A poll was answered, or came to nothing; the view knows it already.
    std::function<void(const PollAnswer& answer)> on_answer;
  };

  // What is driven; a new one replaces the old as a whole.
  struct Settings {
    RoutingPolicy policy;
    PollerSettings poller;           // the policy's nodes, and those that are leaving
    std::optional<EtcdConfig> etcd;  // set: the keys of policy.scope are watched
  };

  ClusterDriver(loop::Loop& loop, EventLog& log, loop::Resolver& resolver, loop::SideThread& side,
                std::uint32_t seed, Callbacks callbacks);
  ~ClusterDriver();
  ClusterDriver(const ClusterDriver&) = delete;
  ClusterDriver& operator=(const ClusterDriver&) = delete;

  // The first call starts asking.
  void configure(const Settings& settings);
  // The same, but for whom to ask and how.
  void configure(const PollerSettings& settings) { poller_.configure(settings); }

  void apply(const ClusterEvent& event);
  void acknowledged(Generation generation);
  void sessions_gone(NodeId node);
  void administer(NodeId node, ListenerId listener, AdminState state);
  // Beyond what the view asks for by itself.
  void ask(const Ask& ask) { poller_.ask(ask); }

  // What is believed. Precondition: configure() was called.
  [[nodiscard]] const ClusterView& view() const { return *view_; }
  [[nodiscard]] std::optional<EtcdStats> etcd_status() const;
  [[nodiscard]] std::optional<ApiPlace> api_place(NodeId node) const { return poller_.api_place(node); }
  [[nodiscard]] const FactHistory& history() const { return history_; }

  // A fact from elsewhere, for the log and the history.
  void tell(const Fact& fact);

 private:
  void carry_out(const Step& step);
  void watch_leader_key(const std::optional<EtcdConfig>& etcd, const std::string& scope);

  loop::Loop& loop_;
  EventLog& log_;
  loop::Resolver& resolver_;
  loop::SideThread& side_;
  const std::uint32_t seed_;
  Callbacks callbacks_;
  FactHistory history_;
  std::unique_ptr<ClusterView> view_;
  NodePoller poller_;
  loop::Timer tick_;
  std::optional<EtcdConfig> etcd_config_;
  std::string etcd_scope_;
  std::unique_ptr<LeaderKeyWatch> etcd_;
};

}  // namespace tamada::router
