// RouterHost: one simulated router: the real ClusterView, between the agents' REST APIs, etcd and its workers, with clients
// that write through it. What the router's control loop does with real ones.
//
// What must never be is looked at here as it could happen: a leader that has not said itself that it leads, and new writers
// for one node while those of another one have not been cut.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "router/cluster/cluster_view.h"
#include "tests/simulation/engine/random.h"
#include "tests/simulation/world/etcd_session.h"
#include "tests/simulation/world/process.h"

namespace tamada::simulation {

class World;

class RouterHost {
 public:
  static constexpr const char* place = "router";  // its machine

  RouterHost(World& world, Random random);
  RouterHost(const RouterHost&) = delete;
  RouterHost& operator=(const RouterHost&) = delete;

  void start();  // knowing nothing
  void kill() { process_.kill(); }
  [[nodiscard]] Process& process() { return process_; }
  // Where its newest table sends writers; empty: nowhere.
  [[nodiscard]] std::string leader() const;
  // Why so, in words.
  [[nodiscard]] std::string reason() const { return view_ ? view_->leader().reason : std::string(); }
  [[nodiscard]] std::uint64_t writers_connected() const { return writers_connected_; }

 private:
  // A question on its way: its answer, or the end of the wait for it, whatever comes first.
  struct Question {
    router::Ask ask;
    TimePoint sent;
    std::uint64_t life = 0;
    bool is_open = true;
  };
  using QuestionPtr = std::shared_ptr<Question>;

  void apply(const router::ClusterEvent& event);
  void carry_out(const router::Step& step);
  void tick();
  void publish(const router::RoutingTablePtr& table);
  void take(const router::RoutingTablePtr& table);
  void connect_writer();
  void look_at_key();

  // ---- router_polls.cpp
  void make(const router::Ask& ask);
  void ask_rest(const QuestionPtr& question, const std::string& node);
  void ask_postgres(const QuestionPtr& question, const std::string& node);
  void hear(const QuestionPtr& question, const router::ClusterEvent& event);
  void hear_nothing(const QuestionPtr& question, router::Silence how);
  [[nodiscard]] bool loses(const std::string& from, const std::string& to);

  // ---- router_checks.cpp
  void note(const router::PollAnswer& answer);
  void check_leader();
  void check_table(const router::RoutingTable& table);
  void check_writers(router::NodeId node);

  [[nodiscard]] const std::string& name_of(router::NodeId node) const;

  World& world_;
  Random random_;
  Process process_;
  bool watches_key_ = false;

  // Of one life.
  std::uint64_t life_ = 0;
  std::unique_ptr<EtcdSession> session_;
  std::unique_ptr<router::ClusterView> view_;
  EventId next_tick_;
  router::RoutingTablePtr table_;  // what the workers have
  // What each node said last on the question whether it leads.
  struct Word {
    TimePoint sent{};
    bool claims = false;
    bool has_claimed = false;
  };
  std::map<router::NodeId, Word> words_;
  // Write sessions that were not cut, as one for each node: under which generation the newest was admitted.
  std::map<router::NodeId, router::Generation> sessions_;
  std::uint64_t writers_connected_ = 0;
};

}  // namespace tamada::simulation
