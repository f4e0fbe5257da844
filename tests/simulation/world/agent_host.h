// AgentHost: one simulated agent: the real Decider, between a simulated etcd, a simulated server, its peers and its guard.
// What the agent's control loop does with real ones.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/api/answers/node_snapshot.h"
#include "agent/ha/decider.h"
#include "common/patroni/cluster_members.h"
#include "common/patroni/node_status.h"
#include "tests/simulation/world/guard_host.h"
#include "tests/simulation/world/lock_client.h"
#include "tests/simulation/world/store_mirror.h"

namespace tamada::simulation {

class World;

class AgentHost {
 public:
  AgentHost(World& world, std::string name, NodeServer& server);
  AgentHost(const AgentHost&) = delete;
  AgentHost& operator=(const AgentHost&) = delete;

  void start();
  void kill();            // the agent alone: guard and server go on
  void ask_to_leave();    // SIGTERM
  void restart_server();  // an operator, by REST
  void reinitialize();
  void fail_unexpectedly();
  // The server's process has ended, or begun: what pidfd and the like tell at once.
  void server_changed();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Process& process() { return process_; }
  [[nodiscard]] GuardHost& guard() { return guard_; }
  [[nodiscard]] NodeServer& server() { return server_; }
  [[nodiscard]] ha::RowId row() const { return row_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }  // the last one that was told
  [[nodiscard]] bool holds_lock() const;
  [[nodiscard]] bool has_voted() const;  // its WAL receiver is off for a vacancy that it sees
  // GET /patroni of this agent, asked by a peer: as a query that begins now sees the server.
  [[nodiscard]] ha::PeerStatus answer_peer();
  // What its REST API says to a router now: GET /master or /replica, and GET /cluster, which reads etcd first.
  struct RestAnswer {
    int status = 0;
    patroni::NodeStatus body;
  };
  [[nodiscard]] RestAnswer answer_check(std::string_view path) const;
  void read_cluster(const std::function<void(std::optional<patroni::ClusterMembers>)>& done);
  // By a change of its file.
  void set_tags(const ha::NodeTags& tags);

 private:
  void carry_out(const ha::Step& step);
  void apply(const ha::HaEvent& event);
  [[nodiscard]] ha::NodeSettings node_settings() const;
  void tick();
  void look();
  void watch_guard();
  void ask_peer(const std::string& peer);
  void begin(const ha::Action& action);
  void run(ha::Action action);
  void count_votes();
  [[nodiscard]] agent::NodeSnapshot rest_snapshot() const;
  void write_sync(const ha::WriteSync& order);
  void write(std::uint64_t id, const etcd::TxnRequest& txn);
  void wrote(std::uint64_t id, const etcd::Outcome<etcd::TxnReply>& reply);
  void on_store(const ha::StoreView& view);
  void memory_member(const ha::MemberView& member);
  void on_lock(const ha::LockReport& report);
  void claim_initialize(std::uint64_t id);
  void write_initialize(const ha::WriteInitialize& order);
  void keep_claim();
  void keep_member();
  void saw_member_key(const ha::StoreView& view);
  void publish();
  void write_status();

  void carry_out(const ha::AcquireLock& order) {
    count_votes();
    lock_->acquire(order);
  }
  void carry_out(const ha::RenewLock&) { lock_->renew(); }
  void carry_out(const ha::ReleaseLock& order) { lock_->release(order.final_position); }
  void carry_out(const ha::ArmGuard& order);
  void carry_out(const ha::DisarmGuard&);
  void carry_out(const ha::AskPeer& order) { ask_peer(order.name); }
  void carry_out(const ha::BeginAction& order) { begin(order.action); }
  void carry_out(const ha::CancelAction&) { server_.cancel(); }
  void carry_out(const ha::WriteSync& order);
  void carry_out(const ha::ClearFailover& order);
  void carry_out(const ha::WriteTimeline& order);
  void carry_out(const ha::ClaimInitialize& order) { claim_initialize(order.id); }
  void carry_out(const ha::WriteInitialize& order) { write_initialize(order); }
  void carry_out(const ha::Leave&);

  World& world_;
  std::string name_;
  std::string prefix_;
  Process process_;
  NodeServer& server_;
  GuardHost guard_;
  LockFile lock_file_;  // on disk, as this
  ha::StoreMemory memory_;
  ha::NodeTags tags_;

  // Of one life.
  std::unique_ptr<EtcdSession> session_;
  std::unique_ptr<StoreMirror> mirror_;
  std::unique_ptr<LockClient> lock_;
  std::unique_ptr<ha::Decider> decider_;
  EventId next_tick_;
  EventId next_look_;
  int silent_turns_ = 0;  // of the guard
  bool is_guard_missing_ = false;
  ha::RowId row_ = ha::RowId::wait;
  ha::RowId ordered_by_ = ha::RowId::wait;  // the row whose order is being carried out
  std::string reason_;
  ha::WantedSettings wanted_;
  ha::ServerView last_look_;
  std::map<std::string, ha::PeerStatus> answers_;  // of peers, the last of each
  TimePoint began_{};
  std::optional<TimePoint> heard_store_;  // when the newest view of it was asked for
  std::int64_t member_lease_ = 0;
  // The member key as it was last written or seen: a put of which no answer came may be carried out late.
  struct MemberKey {
    std::string text;
    std::int64_t lease = 0;
    std::int64_t mod_revision = 0;  // 0: there is none
    std::int64_t as_of = 0;         // the store's revision
  };
  MemberKey member_key_;
  bool is_publishing_ = false;
  ha::Lsn status_written_ = 0;
  std::string config_text_;
  ha::ClusterSettings known_settings_;
  TimePoint paused_since_{};
  bool is_acting_ = false;
  bool is_finishing_ = false;  // what somebody asked for: its server does not run again yet
};

}  // namespace tamada::simulation
