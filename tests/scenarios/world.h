// World: the cluster a scenario speaks of, and the owner of ClusterView: it answers ClusterView's asks as
// the world is at that moment, lets time pass, acknowledges tables, and writes down what that tells and
// publishes. Deterministic: no clock, no threads; asks are answered 5 ms after they were made.
//
// On the way it checks what must hold in every scenario: never more than one ask of a kind out per node,
// never more than one leader, never a new leader before the table that cut the old one is acknowledged, never
// a candidate of longer validity than its evidence could give.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "router/cluster/cluster_view.h"

namespace tamada::router::scenario {

struct WorldNode {
  enum class Rest { answers, silent, refuses, resets, unresolved, garbage };

  NodeId id;
  std::string label;  // what the scenario calls it
  std::string told_name;
  std::string member_name;  // how it stands in /cluster and under the lock, at an api_url of that name;
                            // empty: as it calls itself, at the api_url that is asked
  std::string scope = "patroni";
  std::string system_id = "7000";
  std::string started;  // when its PostgreSQL was; empty: not told
  std::string address;

  Rest rest = Rest::unresolved;
  bool postgres = false;
  bool postgres_hangs = false;  // without `postgres`: nothing comes back, otherwise it is refused
  std::string role = "replica";
  std::string state = "running";
  std::optional<std::uint32_t> timeline;
  std::optional<std::uint64_t> position;
  bool lock = false;  // what it believes itself: /master says 200
  bool sync = false;
  std::string patroni_version = "4.1.4";
  std::string replication_state = "streaming";  // of a replica; empty: not told
  patroni::PatroniTags tags;
  bool cluster_fails = false;                // GET /cluster gives nothing
  std::optional<std::string> cluster_names;  // it reads another leader than the others ("" is nobody)
  Duration latency = 5ms;
  bool has_read_store = true;  // false: its agent was just started
};

[[nodiscard]] std::string member_name_of(const WorldNode& node);

class World {
 public:
  World();

  // ---- before the start
  RoutingPolicy policy;
  std::uint32_t seed = 1;
  bool tells_words = false;  // of facts; otherwise only what happened, and to which node
  [[nodiscard]] NodeId add_node(const std::string& label);
  [[nodiscard]] ListenerId add_listener(ListenerPolicy listener);

  // ---- the world
  [[nodiscard]] WorldNode* find(const std::string& label);
  std::string lock_holder;       // told name; empty: nobody
  std::size_t key_oversize = 0;  // the leader key holds so many bytes, which are no name
  bool etcd_answers = true;
  bool paused = false;  // Patroni's maintenance mode
  bool workers_acknowledge = true;
  void lock_changed();  // etcd's watch tells, where it is watched and answers
  // The failover key; "": that part is missing. Told where etcd is watched and answers.
  void announce(const std::string& from, const std::string& to);
  void acknowledge_now();

  // ---- ClusterView, by hand
  void start();
  [[nodiscard]] bool started() const { return view_ != nullptr; }
  void run(Duration span);
  void run_until(TimePoint when);
  void stall(Duration span);
  void hint(NodeId node, SessionHint::Kind kind);
  void no_connection(NodeId node);
  void administer(NodeId node, ListenerId listener, AdminState state);
  void reconfigure();
  void sessions_gone(NodeId node);

  [[nodiscard]] TimePoint now() const { return now_; }
  void say(const std::string& line);  // with the time in front
  [[nodiscard]] std::vector<std::string> take_output() { return std::exchange(output_, {}); }
  [[nodiscard]] std::vector<std::string> take_violations() { return std::exchange(violations_, {}); }

  [[nodiscard]] std::vector<std::string> show_nodes() const;
  [[nodiscard]] std::vector<std::string> show_leader() const;
  [[nodiscard]] std::vector<std::string> show_why() const;
  [[nodiscard]] std::vector<std::string> show_asks();
  [[nodiscard]] std::vector<std::string> show_undiscovered() const;
  [[nodiscard]] std::vector<std::string> show_disagreements() const;

 private:
  void carry_out(Step step);
  void make(const Ask& ask);
  void answer(const Ask& ask, TimePoint sent);
  void poll_answer(const Ask& ask, TimePoint sent, const WorldNode* node);
  [[nodiscard]] static PostgresAnswer postgres_answer(NodeId id, TimePoint sent, const WorldNode& node);
  void apply(const ClusterEvent& event);
  void later(Duration after, std::function<void()> what);
  void print_table(const RoutingTable& table);
  void print_held();
  void check_table(const RoutingTable& table);
  void heartbeat();
  [[nodiscard]] const WorldNode* node_of(NodeId id) const;
  [[nodiscard]] std::string listener_name(ListenerId id) const;
  [[nodiscard]] patroni::NodeStatus status_of(const WorldNode& node) const;
  [[nodiscard]] patroni::ClusterMembers cluster_of(const WorldNode& node) const;

  std::unique_ptr<ClusterView> view_;
  TimePoint now_{};
  TimePoint next_tick_{};
  bool stalled_ = false;
  std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t sequence_ = 0;
  std::vector<std::unique_ptr<WorldNode>> nodes_;
  std::vector<std::string> listener_names_;
  std::set<std::pair<NodeId, AskKind>> out_;
  std::map<std::pair<std::string, std::string>, int> asked_;
  RoutingTablePtr table_;
  std::string held_;  // what is sent to these waits
  std::map<ListenerId, std::string> printed_;
  std::map<std::pair<ListenerId, NodeId>, Generation> printed_cuts_;
  Generation acknowledged_ = 0;
  NodeId last_leader_;
  Generation led_until_ = 0;  // the newest table that named it
  Generation closed_ = 0;     // the first cut of its sessions since; 0: none
  std::vector<std::string> output_;
  std::vector<std::string> violations_;
};

}  // namespace tamada::router::scenario
