// World: a whole simulated cluster, from a seed: agents with their guards and servers, etcd, the links between them, clients
// that write numbered rows. What must never be is checked as it happens (world_checks.cpp); the first breach is kept with
// the history before it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/ha/decision_table.h"
#include "tests/simulation/world/agent_host.h"
#include "tests/simulation/world/links.h"
#include "tests/simulation/world/router_host.h"
#include "tests/simulation/world/server_model.h"

namespace tamada::simulation {

// Wrong variants, made by hand: each must be found by a breach.
struct Mistakes {
  LockMistakes lock;
  bool releases_before_stop = false;   // the lock goes while the server takes writes
  bool sets_names_before_key = false;  // a standby leaves the setting before it leaves /sync
  bool races_without_veto = false;     // a primary among the peers is no veto
  bool arms_late = false;              // the guard says that it is armed, and is half a minute later
  bool votes_too_early = false;        // a vote says that the WAL receiver has gone, which ends seconds later
  bool acknowledges_early = false;     // the router's workers say that they have cut, long before they do
  bool crosses_answers = false;        // the router takes some answers for another node's
  bool rebuilds_unasked =
      false;  // a primary that crashed copies whoever runs, before anybody knows who leads
};

struct WorldOptions {
  std::size_t nodes = 3;
  std::size_t etcd_members = 3;
  ha::ClusterSettings settings;
  Mistakes mistakes;
  Duration write_interval = 200ms;
  bool has_router = false;
  bool keeps_frozen_streams = false;  // a standby's stream outlives that its upstream's machine stands still
};

class World {
 public:
  static constexpr const char* prefix = "/service/sim/";

  World(std::uint64_t seed, WorldOptions options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void run_for(Duration span) { scheduler_.run_for(span); }
  // True as soon as it holds; false: not within `limit`, or a breach came before.
  bool run_until(const std::function<bool()>& condition, Duration limit);

  // ---- faults and operators
  void freeze_machine(const std::string& name, bool is_frozen);
  // Its server goes on first; the guard and the agent have their turn after `late`, which is less than a moment of thawing.
  void thaw_machine(const std::string& name, Duration late);
  void power_off(const std::string& name);  // everything on it ends
  void power_on(const std::string& name);
  void start_agent(const std::string& name);
  void cut(const std::string& a, const std::string& b, bool both_ways = true);
  void isolate(const std::string& name);  // from everybody
  void change_settings(const std::function<void(ha::ClusterSettings&)>& change);
  void switch_over(const std::string& candidate);
  void fail_over(const std::string& candidate);
  void pose_as(const std::string& name,
               Duration span);  // somebody else takes a free lock under this name, and writes
  void etcd_was_reset();        // wiped or restored: what it knew of acknowledged rows is gone
  void heal();

  // ---- what is so
  [[nodiscard]] AgentHost* agent(const std::string& name);
  [[nodiscard]] ServerModel* server(const std::string& name);
  [[nodiscard]] std::vector<ServerModel*> servers();
  [[nodiscard]] RouterHost* router() { return router_.get(); }  // null: the world has none
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] bool machine_is_on(const std::string& name) const { return !off_.contains(name); }
  [[nodiscard]] bool machine_runs(const std::string& name) const {
    return !off_.contains(name) && !frozen_.contains(name);
  }
  [[nodiscard]] std::string leader() const;       // who takes writes; empty: nobody
  [[nodiscard]] std::string lock_holder() const;  // in etcd
  // There is a leader, and everybody else streams from it or stands where a person has to look.
  [[nodiscard]] bool is_whole();
  [[nodiscard]] bool was_paused() const { return was_paused_; }
  [[nodiscard]] std::string summary();  // of every node, a line each
  [[nodiscard]] std::uint64_t acknowledged_count() const { return acknowledged_.size(); }
  [[nodiscard]] const std::string& breach() const { return breach_; }  // empty: none
  [[nodiscard]] std::string history() const;
  [[nodiscard]] const std::set<ha::RowId>& rows_reached() const { return reached_; }
  [[nodiscard]] unsigned promotions() const { return promotions_; }

  // ---- for its parts
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] Links& links() { return links_; }
  [[nodiscard]] EtcdModel& etcd() { return etcd_; }
  [[nodiscard]] const Mistakes& mistakes() const { return options_.mistakes; }
  [[nodiscard]] const ha::ClusterSettings& settings() const { return options_.settings; }
  [[nodiscard]] ha::ClusterSettings settings_of(const std::string& config) const;
  [[nodiscard]] bool keeps_stream_from(const std::string& name) const {
    return options_.keeps_frozen_streams && frozen_.contains(name);
  }
  [[nodiscard]] bool guard_holds(const std::string& name);
  [[nodiscard]] std::string other_that_runs(const std::string& name) const;  // empty: none
  void tell(const std::string& who, const std::string& words);
  void fail(const std::string& words);  // what must never be has happened
  void reached(ha::RowId row) { reached_.insert(row); }
  void server_changed(const std::string& name);
  void acknowledged(ServerModel& server, std::uint64_t row);
  void promoted(ServerModel& server);
  void believed(const std::string& name, const ha::LockReport& report);  // it holds the lock, and until when
  void replaced(ServerModel& server);                                    // its data are about to be replaced
  void released(const std::string& name);  // its leader key has gone by its will
  // It tries to take the lock with these votes: positions of which their voters have said that they are final.
  void counted(const std::string& name, std::map<std::string, Lsn> votes);
  void begins(const std::string& name, const ha::Action& action, bool knows_pause);

 private:
  [[nodiscard]] bool is_named(
      const std::string& name) const;  // /failover names it as the candidate, and no leader
  void put_config();
  void look_at_config();
  void put_failover(const std::string& leader, const std::string& candidate);
  void write_row();
  void check_leaders();
  void check_votes(const ServerModel& server);
  [[nodiscard]] patroni::SyncValue sync_key() const;

  struct Node {
    std::unique_ptr<ServerModel> server;
    std::unique_ptr<AgentHost> agent;
  };
  struct Row {
    std::uint64_t row;
    bool must_stay;
  };

  Scheduler scheduler_;
  Random random_;
  WorldOptions options_;
  Links links_;
  EtcdModel etcd_;
  std::vector<std::string> names_;
  std::map<std::string, Node> nodes_;
  std::unique_ptr<RouterHost> router_;
  std::set<std::string> off_;
  std::set<std::string> frozen_;
  std::map<std::string, TimePoint> thawed_at_;
  std::vector<ha::ClusterSettings> all_settings_;
  TimePoint paused_since_ = TimePoint::max();
  bool was_paused_ = false;
  bool is_forced_ = false;
  TimePoint impostor_until_{};
  std::int64_t impostor_lease_ = -1;
  bool has_double_timeline_ = false;
  TimePoint etcd_reset_at_{};
  EventId config_look_;
  std::map<std::string, std::map<std::string, Lsn>> votes_;  // by whose it are
  std::map<std::string, bool> was_named_;  // by an operator, when it last tried to take the lock
  std::uint64_t last_row_ = 0;
  std::vector<Row> acknowledged_;
  std::deque<std::string> history_;
  std::set<ha::RowId> reached_;
  std::string breach_;
  unsigned promotions_ = 0;
};

}  // namespace tamada::simulation
