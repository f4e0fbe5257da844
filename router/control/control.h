// Control: the control loop's one object. Owns everything that is not on the data path, and joins it:
//
//   ConfigSource ──> Control ──> WorkerPool (listeners)     ClusterDriver ──> WorkerPool (routing tables)
//   StatsService <── Control ──> AdminStore                 WorkerPool ──> Control ──> ClusterDriver
//
// A configuration is applied as a whole or not at all: when one of its ports cannot be opened, the running
// one stays, and the reasons stand in the log and in GET /status.
//
// Loop thread only. Loop and log must outlive it. Nothing here blocks: files are read and written on the side
// thread (at start, before anything is served, the state file is read at once).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/config/source/config_source.h"
#include "common/files/state_lock.h"
#include "common/log/event_log.h"
#include "common/loop/loop.h"
#include "common/loop/loop_thread.h"
#include "common/loop/resolver.h"
#include "common/loop/side_thread.h"
#include "common/loop/timer.h"
#include "common/process/service_notifier.h"
#include "router/api/stats_service.h"
#include "router/config/load_router_config.h"
#include "router/control/admin_store.h"
#include "router/control/cluster_driver.h"
#include "router/control/config_record.h"
#include "router/control/control_backend.h"
#include "router/control/id_registry.h"
#include "router/control/inheritance.h"
#include "router/control/stats_collector.h"
#include "router/control/stats_desk.h"
#include "router/control/successor.h"
#include "router/poll/discovery.h"
#include "router/session/worker_pool.h"

namespace tamada::router {

struct ControlOptions {
  std::string file;  // empty: the environment alone
  Environment environment;
  loop::Resolver::Options resolver;  // tests bring their own look-ups
  std::uint32_t workers = 1;
  std::uint32_t seed = 0;                 // of the jitter
  std::vector<std::string> command = {};  // how the program was started, for the one that takes over
  Inheritance* inheritance = nullptr;     // what was handed over to this process; must outlive Control
};

class Control final : private WorkerPoolCallbacks, private AdminCallbacks {
 public:
  Control(loop::Loop& loop, EventLog& log, ControlOptions options);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Opens the ports and begins to ask. Not empty: one error per port that cannot be opened, or a state_dir
  // that another router has; nothing runs then. As the successor of another process it accepts nobody before
  // it knows the leader, and the other one has said so.
  [[nodiscard]] std::vector<Error> start(const RouterConfig& config);

  // Reads the configuration again, now (SIGHUP), and says so also when nothing changed.
  void reload();

  // Stops accepting, ends who waits and lets sessions go on for `drain_timeout`, then stops the loop
  // (SIGTERM). Called again: stops it at once.
  void stop();
  // Stops accepting, and stops the loop once the last session, and the last client that waits for one, has
  // ended by itself (SIGUSR1). stop() after it limits that.
  void finish();
  // Starts the program anew and hands the ports to it; once it serves, goes on as after finish(), with the
  // clients that it has (SIGUSR2). When that fails, everything goes on as before.
  void hand_over();

  // What GET /status says.
  [[nodiscard]] std::string status_json();

  // For ControlBackend; valid as long as this is.
  [[nodiscard]] StatsDesk& stats_desk() { return desk_; }

 private:
  // --- WorkerPoolCallbacks
  void on_acknowledged(Generation generation) override { driver_.acknowledged(generation); }
  void on_hint(const SessionHint& hint) override { driver_.apply(hint); }
  void on_no_connection(NodeId node) override { driver_.apply(NoConnection{node}); }
  void on_sessions_gone(NodeId node) override;
  void on_first_start(NodeId node, TimePoint at) override { collector_.on_first_start(node, at); }
  void on_drained() override { loop_.stop(); }

  void publish(const RoutingTablePtr& table);
  void on_fact(const Fact& fact);

  // --- AdminCallbacks
  std::optional<std::string> find_node(const std::string& name) const override;
  void administer(const std::string& node, const std::string& listener, AdminState state,
                  const std::string& by) override;
  void set_address(NodeId node, const Address& address) override;
  bool is_handing_over() const override { return handing_over_; }

  // --- taking over from another process, and handing over to one
  void on_predecessor(HandOverWord word);
  // The leader is known, or was waited for long enough.
  void prepared();
  // From now on clients are ours.
  void serve();
  // Others have heard of it, too.
  void adopted();
  [[nodiscard]] Result<std::vector<std::pair<std::string, UniqueFd>>> shared_sockets() const;
  void on_successor_prepared(bool knows_leader);
  void on_successor_serving();
  void on_successor_failed(const std::string& why);
  void end_successor(std::string_view why, std::string_view effect);
  void tell_hand_over_refused(std::string_view why);
  // The sockets that systemd keeps for the next process of the service.
  void keep_sockets();
  void take_stock(Inheritance& given, const RouterConfig& config, bool takes_over);

  // --- configuration
  // Where there is something that can change.
  void reload_if_any();
  void on_loaded(const LoadedConfig& loaded);
  void refuse(const std::vector<std::string>& errors);
  [[nodiscard]] bool has_listener(const std::string& name) const;
  std::vector<Error> apply(const RouterConfig& config);
  [[nodiscard]] Result<StateLock> lock_state(const std::string& folder);
  // Nodes and policies to the driver: after a new configuration, or a discovery.
  void drive(bool new_listeners);
  void restore_admin(NodeId id, const std::string& name);
  void let_go_of_leaving();
  [[nodiscard]] PollerSettings poller_settings() const;
  void discover();
  void on_members(const patroni::ClusterMembers& members);

  loop::Loop& loop_;
  EventLog& log_;
  const ControlOptions options_;
  const TimePoint started_;

  RouterConfig as_loaded_;  // the one in force, as it was read
  RouterConfig config_;     // the same, with ids
  ConfigRecord record_;
  IdRegistry ids_;
  std::map<NodeId, NodeConfig> nodes_;  // configured, discovered and leaving ones
  std::map<NodeId, Address> by_hand_;   // where somebody said that a node is
  std::set<NodeId> present_;            // those of nodes_ that are not leaving
  Discovery discovery_;
  std::size_t discover_turn_ = 0;

  loop::SideThread side_;
  loop::Resolver resolver_;
  AdminStore admin_;
  ClusterDriver driver_;
  WorkerPool pool_;
  StatsCollector collector_;
  StatsDesk desk_;
  loop::LoopThread stats_thread_{"statistics"};  // outlives what is on it
  ControlBackend backend_;
  StatsService stats_;
  ServiceNotifier notifier_;
  ConfigSource<LoadedConfig> source_;
  loop::Timer discover_;
  bool asked_ = false;  // by a person who wants to hear what came of it
  // Only ever the next ones.
  enum class Stage {
    preparing,    // accepts nobody yet: another process does
    serving,      // or about to, in start()
    handed_over,  // another process accepts; who came before stays until he goes
    finishing,    // as long as there is somebody
    draining,     // for drain_timeout
  };
  Stage stage_ = Stage::serving;
  StateLock state_lock_;
  std::unique_ptr<HandOverChannel> predecessor_;
  bool prepared_ = false;
  loop::Timer settle_;  // how long the leader is waited for
  std::unique_ptr<Successor> successor_;
  bool handing_over_ = false;  // between `go` and `serving`
};

}  // namespace tamada::router
