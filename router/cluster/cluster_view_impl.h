// ClusterView's mind: the state, and the turn that every event ends with. Included by cluster_view*.cpp only.
//
//   cluster_view.cpp          what comes in: events, configuration, administration
//   cluster_view_nodes.cpp    the turn's first half: who belongs, who stands for whom, who is silent
//   cluster_view_settle.cpp   the turn, and its second half: who leads, whose write sessions end
//   cluster_view_pause.cpp    who leads on while the cluster is paused
//   cluster_view_publish.cpp  what goes out: the table, the asks, the next tick
//   cluster_view_readers.cpp  whose read sessions end
//   cluster_view_show.cpp     what people are shown: copies, evidence, disagreements
//
// The turn settles each question once, in that order, from what is known now; nothing of it remembers more
// than the members below.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "router/balance/cut_ledger.h"
#include "router/balance/table_builder.h"
#include "router/cluster/cluster_identity.h"
#include "router/cluster/cluster_view.h"
#include "router/cluster/leader_election.h"
#include "router/cluster/node_belief.h"
#include "router/cluster/opinion_board.h"
#include "router/cluster/pause_watch.h"
#include "router/cluster/planned_hold.h"
#include "router/cluster/poll_schedule.h"
#include "router/cluster/replica_lag.h"
#include "router/cluster/second_opinion.h"
#include "router/cluster/stream_watch.h"

namespace tamada::router {

class ClusterView::Impl {
 public:
  Impl(RoutingPolicy policy, std::uint32_t seed, TimePoint now);

  void hear(const PollAnswer& answer, TimePoint now);
  void hear(const ClusterAnswer& answer, TimePoint now);
  void hear(const ConfigAnswer& answer, TimePoint now);
  void hear(const PostgresAnswer& answer, TimePoint now);
  void hear(const LeaderKey& key, TimePoint now);
  void hear(const PlannedChange& change, TimePoint now);
  void hear(const SessionHint& hint, TimePoint now);
  void hear(const NoConnection& session, TimePoint now);
  void acknowledged(Generation generation) { ledger_.acknowledged(generation); }
  void configure(RoutingPolicy policy, TimePoint now);
  void sessions_gone(NodeId leaving);
  void administer(NodeId node, ListenerId listener, AdminState state);

  // The turn.
  Step settle(TimePoint now);

  [[nodiscard]] std::vector<NodeView> node_views(TimePoint now) const;
  [[nodiscard]] LeaderView leader_view() const;
  [[nodiscard]] std::vector<ListenerView> listener_views(TimePoint now) const;
  [[nodiscard]] Evidence evidence(TimePoint now) const;
  [[nodiscard]] const std::string& system_id() const { return identity_.system_id(); }
  [[nodiscard]] std::vector<NodeId> node_ids() const;
  [[nodiscard]] std::vector<NodeId> claimants(TimePoint now) const;
  [[nodiscard]] NodeId leader_id() const { return leader_; }
  [[nodiscard]] bool is_paused() const { return pause_.is_paused(); }
  [[nodiscard]] Address address_of(NodeId node) const;
  [[nodiscard]] std::vector<patroni::ClusterMember> undiscovered() const;

 private:
  // What has been told of a node: facts are told and sessions end when it changes.
  struct NodeTold {
    std::string face;  // "replica, running, timeline 7"; empty: never heard
    std::string name;
    bool silent = false;
    bool failed = false;
    bool lost_stream = false;
    bool is_primary = false;
    bool noloadbalance = false;
  };
  // The same of the cluster. Each but the last is empty where there is nothing of the kind.
  struct ClusterTold {
    std::string conflict;
    std::string veto;
    std::string dispute;
    std::string waiting;
    NodeId in_pause;  // who led on in pause when somebody last led
  };

  // A node and what is remembered about it beside its own words.
  struct Watched {
    Watched(const NodePolicy& node, const CheckPolicy& checks, TimePoint now) : belief(node, checks, now) {}
    // Another server may answer here now.
    void forget_what_was_measured() {
      postgres.reset();
      doubted.reset();
      no_connection.reset();
      lag.reset();
      lag_time.reset();
    }

    NodeBelief belief;
    std::optional<PostgresAnswer> postgres;  // the newest
    std::optional<TimePoint> postgres_lost;  // when it was last found not to answer, or was not watched
    unsigned postgres_unheard = 0;         // probes in a row that were passed over (may_be_lost_on_the_way())
    std::optional<SecondOpinion> opinion;  // while it is silent
    // Since when sessions say that it takes no connections, until its port was tried; and what that gave,
    // until one is taken.
    std::optional<TimePoint> doubted;
    std::optional<NoConnectionView> no_connection;
    TimePoint last_led = {};       // its leadership was vouched for
    std::string failure;           // why it has failed, a sentence
    std::optional<AskKind> extra;  // its newest answer asks for a look at the other end point
    StreamWatch stream;
    AdminState admin = AdminState::ready;
    std::map<ListenerId, AdminState> admin_on;  // where it differs
    std::map<ListenerId, LagLimit> limits;
    std::map<ListenerId, bool> lags;
    std::optional<std::uint64_t> lag;  // bytes behind the leader, as of the newest answer
    std::optional<Duration> lag_time;
    bool replaced = false;  // another node answers here since this turn
    NodeTold told;
    NodeTold before;  // what was told at the end of the last turn
  };

  [[nodiscard]] Watched* find(NodeId node);
  [[nodiscard]] const Watched* find(NodeId node) const;
  [[nodiscard]] std::vector<const NodeBelief*> beliefs() const;
  [[nodiscard]] std::string name_of(NodeId node) const;
  [[nodiscard]] AdminState admin_of(const Watched& node, ListenerId listener) const;
  [[nodiscard]] bool is_askable(const Watched& node) const;
  void fact(FactKind kind, std::string node, std::string words, bool warning = false);
  void cut_everywhere(const Watched& node, CutCause cause, const std::string& why);
  void judge_connection(Watched& node, const PostgresAnswer& answer, TimePoint now);

  // ---- the turn (cluster_view_settle.cpp, cluster_view_nodes.cpp)
  void begin_turn(TimePoint now);
  void settle_identity();
  void tell_nodes();
  void mark_aliases();
  [[nodiscard]] bool is_alias(NodeId node) const { return alias_.contains(node); }
  [[nodiscard]] NodeId stands_for(NodeId node) const;
  [[nodiscard]] KeySays key_says() const;
  [[nodiscard]] std::vector<Opinion> opinions() const;
  void settle_second_opinions();
  void settle_pause();
  [[nodiscard]] bool leads_in_pause(const Watched& node) const;
  [[nodiscard]] bool has_rival(const Watched& leader) const;
  // A probe that shows nothing yet: counts it.
  [[nodiscard]] bool may_be_lost_on_the_way(Watched& node, const PostgresAnswer& answer) const;
  void note_named_rival();
  void stay_in_pause(const Watched& node, Voter& voter) const;
  void settle_election();
  [[nodiscard]] Voter voter_of(const Watched& node) const;
  void settle_uncut_leader();
  void notice_standstill();
  void settle_standstill();
  [[nodiscard]] bool hand_over();
  void lose_leader(CutCause cause, const std::string& why);
  void settle_leader();
  void settle_planned();
  void settle_read_sessions();
  void tell_stream(Watched& node);
  void note_lost(Watched& node, const PostgresAnswer& answer) const;

  // ---- what goes out (cluster_view_publish.cpp)
  void publish();
  [[nodiscard]] std::shared_ptr<RoutingTable> build_table() const;
  [[nodiscard]] NodeRoute route_of(const Watched& node, const ListenerPolicy& listener, TimePoint now) const;
  void disagree(Evidence& evidence, TimePoint now) const;
  void ask();
  void ask_others();
  void plan_next_tick();

  RoutingPolicy policy_;
  TimePoint now_;
  Step step_;  // of this turn

  std::vector<std::unique_ptr<Watched>> nodes_;  // in configuration order, then those that are leaving
  std::vector<ListenerId> retired_;              // listeners taken out: their cuts go on
  ClusterIdentity identity_;
  OpinionBoard board_;
  PauseWatch pause_;
  NodeId rival_;              // who was named in pause and could not be heard; not set: a stranger, or nobody
  bool named_rival_ = false;  // and may lead by now
  PollSchedule schedule_;
  ReplicaLag positions_;
  NodeId positions_of_;
  CutLedger ledger_;
  Duration ttl_ = 30s;  // Patroni's default until GET /config tells

  Election election_;             // of this turn
  TimePoint elected_until_ = {};  // what the winner's claim is worth
  std::optional<TimePoint> conflict_since_;
  std::optional<TimePoint> contradicted_since_;
  ClusterTold told_;
  ClusterTold before_;  // what was told at the end of the last turn
  // Ways to a node for which another configured one stands: that one, and its place in nodes_.
  std::map<NodeId, std::pair<NodeId, std::size_t>> alias_;

  // The node whose write sessions have not been cut: it was named in a table as the leader.
  NodeId uncut_leader_;
  // Under these, too, write sessions were led to its server (a node that got another name in the
  // configuration): they end with its own.
  std::vector<NodeId> uncut_also_as_;
  // The leader of the newest table, and since when and why.
  NodeId leader_;
  TimePoint leader_since_ = {};
  std::string leader_reason_;
  std::string no_leader_;   // in words, while there is none
  std::string broken_off_;  // the node whose sessions are being closed, for people

  // When the last turn was; and set since a turn that came after the workers' table had run out, until the
  // uncut leader is confirmed by what was asked since, or its sessions end.
  TimePoint last_turn_ = {};
  std::optional<TimePoint> stood_still_until_;

  PlannedHold planned_;
  std::optional<TimePoint> look_closer_until_;  // nodes are asked fast until then
  std::optional<TimePoint> roll_call_;          // the last regular GET /cluster
  std::size_t roll_caller_ = 0;
  RoutingTablePtr published_;
  std::optional<TimePoint> renew_at_;
};

}  // namespace tamada::router
