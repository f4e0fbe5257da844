// Random worlds against ClusterView's promises: nodes that lead, lie, hang, restart, disagree, are recycled;
// answers that come late, twice and out of order; workers that acknowledge when they like; a loop that
// stalls. Seeds are fixed; a failure names its seed.
#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

#include "router/cluster/cluster_view.h"

using namespace tamada;
using namespace tamada::router;

namespace {

struct RandomNode {
  std::string role = "replica";
  std::string state = "running";
  bool lock = false;
  std::uint32_t timeline = 7;
  std::string system_id = "7000";
  std::string name;
  bool silent = false;
  bool postgres = true;
};

class RandomRun {
 public:
  explicit RandomRun(std::uint32_t seed) : random_(seed) {
    policy_.scope = "s";
    policy_.system_id = seed % 2 == 0 ? "7000" : "";
    policy_.watches_leader_key = seed % 3 == 0;
    const int nodes = 1 + static_cast<int>(seed % 4);
    for (int i = 1; i <= nodes; ++i) {
      const std::string name(1, static_cast<char>('a' + i - 1));
      policy_.nodes.push_back({NodeId{static_cast<std::uint32_t>(i)}, name, "http://" + name + ":8008"});
      nodes_.push_back({});
      nodes_.back().name = name;
    }
    add(1, Target::leader);
    add(2, Target::replica);
    add(3, Target::any);
    add(4, Target::sync);
    policy_.listeners.back().reserves = {{Target::replica, {}, {}}, {Target::leader, {}, {}}};
    policy_.listeners.back().require_streaming = true;
    view_ = std::make_unique<ClusterView>(policy_, seed, now_);
    take(view_->tick(now_));
  }

  void step() {
    switch (pick(12)) {
      case 0:
        change_world();
        break;
      case 1:
        if (chance(10)) now_ += Duration{pick(20'000'000)};  // the loop stalls
        break;
      case 2:
        if (table_ != nullptr) {
          acknowledged_ = std::max(acknowledged_, table_->generation);
          take(view_->acknowledged(acknowledged_, now_));
        }
        break;
      case 3:
        if (policy_.watches_leader_key) key();
        if (chance(10)) take(view_->apply(PlannedChange{some_name(), some_name(), now_}, now_));
        break;
      case 4:
        if (!old_.empty() && chance(3)) take(view_->apply(old_[pick(old_.size())], now_));  // once more
        break;
      case 5:
        if (chance(20)) take(view_->apply(SessionHint{some_id(), SessionHint::Kind::shutting_down}, now_));
        if (chance(20)) take(view_->apply(NoConnection{some_id()}, now_));
        break;
      default:
        pass();
    }
    check();
  }

  // A healthy cluster from now on: is a leader believed in bounded time?
  void heal_and_expect_leader() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i] = {};
      nodes_[i].name = policy_.nodes[i].name;
      nodes_[i].timeline = 20;
      if (i == 0) {
        nodes_[i].role = "primary";
        nodes_[i].lock = true;
      }
    }
    holder_ = nodes_[0].name;
    paused_ = false;
    calm_ = true;
    const TimePoint end = now_ + 75s;  // a learned identity may have to be replaced first
    while (now_ < end) {
      if (table_ != nullptr && acknowledged_ < table_->generation) {
        acknowledged_ = table_->generation;
        take(view_->acknowledged(acknowledged_, now_));
      }
      if (policy_.watches_leader_key && now_ >= key_at_) {
        key();
        key_at_ = now_ + 1s;
      }
      pass();
      check();
    }
    INFO(view_->leader().reason);
    CHECK(view_->leader().node == NodeId{1});
    const ListenerRoutes* write = table_->find(ListenerId{1});
    REQUIRE(write->candidates.size() == 1);
    CHECK(write->candidates.front().valid_until > now_);
    CHECK(table_->good_until > now_);  // what its clients send is passed on
  }

 private:
  struct Out {
    Ask ask;
    TimePoint sent;
    TimePoint due;
  };

  std::size_t pick(std::size_t below) { return random_() % below; }
  bool chance(std::size_t one_in) { return pick(one_in) == 0; }
  NodeId some_id() { return NodeId{static_cast<std::uint32_t>(pick(nodes_.size()) + 1)}; }

  void add(std::uint32_t id, Target to) {
    ListenerPolicy listener;
    listener.id = ListenerId{id};
    listener.name = "l" + std::to_string(id);
    listener.to = to;
    listener.otherwise_leader = to == Target::replica;
    policy_.listeners.push_back(listener);
  }

  void change_world() {
    RandomNode& node = nodes_[pick(nodes_.size())];
    static const char* const roles[] = {"primary", "primary", "replica", "demoted", "standby_leader"};
    static const char* const states[] = {"running", "running", "running", "stopping", "starting", "unknown"};
    switch (pick(10)) {
      case 9:
        paused_ = !paused_;
        break;
      case 0:
      case 1:
        node.role = roles[pick(5)];
        node.lock = node.role == "primary" && !chance(4);
        break;
      case 2:
        node.state = states[pick(6)];
        break;
      case 3:
        node.timeline = static_cast<std::uint32_t>(5 + pick(5));
        break;
      case 4:
        node.silent = !node.silent;
        break;
      case 5:
        node.postgres = !node.postgres;
        break;
      case 6:
        if (chance(5)) node.system_id = node.system_id == "7000" ? "8000" : "7000";
        break;
      case 7:
        holder_ = chance(4) ? "" : nodes_[pick(nodes_.size())].name;
        break;
      case 8:
        node.lock = !node.lock;
        break;
    }
  }

  void key() {
    take(view_->apply(LeaderKey{holder_.empty() ? std::nullopt : std::optional(holder_), now_}, now_));
  }

  std::optional<std::string> some_name() {
    if (chance(3)) return std::nullopt;
    return nodes_[pick(nodes_.size())].name;
  }

  // On to the next answer or tick.
  void pass() {
    auto first = out_.end();
    for (auto one = out_.begin(); one != out_.end(); ++one) {
      if (first == out_.end() || one->due < first->due) first = one;
    }
    if (first == out_.end() || next_tick_ < first->due) {
      now_ = std::max(now_, next_tick_);
      Step step = view_->tick(now_);
      CHECK(step.next_tick > now_);
      take(std::move(step));
      return;
    }
    const Out done = *first;
    out_.erase(first);
    now_ = std::max(now_, done.due);
    const ClusterEvent event = answer(done);
    if (old_.size() < 50)
      old_.push_back(event);
    else
      old_[pick(50)] = event;
    take(view_->apply(event, now_));
  }

  ClusterEvent answer(const Out& done) {
    const RandomNode& node = nodes_[done.ask.node.value - 1];
    switch (done.ask.kind) {
      case AskKind::master:
      case AskKind::replica:
        return poll_answer(done, node);
      case AskKind::cluster: {
        ClusterAnswer answer{done.ask.node, done.sent, {}};
        if (node.silent) return answer;
        answer.members.emplace();
        answer.members->pause = paused_;
        for (const RandomNode& one : nodes_) {
          patroni::ClusterMember member;
          member.name = one.name;
          member.role = one.name == holder_ ? "leader" : "replica";
          answer.members->members.push_back(member);
        }
        return answer;
      }
      case AskKind::config:
        return ConfigAnswer{done.ask.node, done.sent, 30s};
      case AskKind::postgres:
        return PostgresAnswer{done.ask.node, done.sent, node.postgres};
    }
    return SessionHint{};
  }

  PollAnswer poll_answer(const Out& done, const RandomNode& node) {
    PollAnswer answer;
    answer.node = done.ask.node;
    answer.asked = done.ask.kind;
    answer.sent = done.sent;
    if (node.silent) {
      answer.silence = chance(2) ? Silence::refused : Silence::timeout;
      return answer;
    }
    answer.postgres = Address::from_ip("10.0.0." + std::to_string(done.ask.node.value), 5432).value();
    const bool replica = node.role == "replica" && node.state == "running" && !node.lock;
    answer.status = (done.ask.kind == AskKind::master ? node.lock : replica) ? 200 : 503;
    answer.body.emplace();
    answer.body->state = node.state;
    answer.body->role_text = node.role;
    answer.body->role = patroni::node_role(node.role);
    answer.body->timeline = node.timeline;
    answer.body->pause = paused_;
    answer.body->replication_state = chance(10) ? "" : "streaming";
    answer.body->patroni_version = "4.1.4";
    answer.body->system_identifier = node.system_id;
    answer.body->scope = "s";
    answer.body->name = node.name;
    if (answer.body->role == patroni::NodeRole::primary && node.state == "running" && answer.status == 200 &&
        done.ask.kind == AskKind::master) {
      claimed_[done.ask.node] = std::max(claimed_[done.ask.node], done.sent);
    }
    if (done.sent >= shown_at_[done.ask.node]) {
      shown_[done.ask.node] = node.system_id;
      shown_at_[done.ask.node] = done.sent;
    }
    return answer;
  }

  void take(Step step) {
    next_tick_ = step.next_tick;
    for (const Ask& ask : step.asks) {
      for (const Out& other : out_) {
        INFO("kind " << static_cast<int>(ask.kind));
        CHECK_FALSE(other.ask == ask);
      }
      const RandomNode& node = nodes_[ask.node.value - 1];
      const Duration slow = calm_ ? Duration{pick(20'000)} : Duration{pick(chance(5) ? 1'900'000 : 20'000)};
      out_.push_back({ask, now_, now_ + (node.silent ? (chance(2) ? 1ms : 2000ms) : slow)});
    }
    if (step.table != nullptr) publish(step.table);
  }

  void publish(const RoutingTablePtr& table) {
    if (table_ != nullptr) CHECK(table->generation == table_->generation + 1);
    table_ = table;
    const ListenerRoutes* write = table->find(ListenerId{1});
    CHECK(write->candidates.size() <= 1);
    for (const ListenerRoutes& routes : table->listeners) {
      for (const Candidate& candidate : routes.candidates) {
        CHECK(candidate.valid_until <= now_ + policy_.checks.expire);
        if (!policy_.system_id.empty()) CHECK(shown_[candidate.node] == policy_.system_id);
      }
      if (routes.candidates.empty()) CHECK_FALSE(routes.why_none.empty());
    }
    // Candidates of one table are all of one system.
    std::set<std::string> systems;
    for (const ListenerRoutes& routes : table->listeners) {
      for (const Candidate& candidate : routes.candidates) {
        if (candidate.valid_until > now_) systems.insert(shown_[candidate.node]);
      }
    }
    CHECK(systems.size() <= 1);
    for (const CutLine& cut : write->cuts) {
      if (closed_ == 0 && cut.node == leader_ && cut.before > led_until_) closed_ = cut.before;
    }
    if (write->candidates.empty()) return;
    const NodeId leader = write->candidates.front().node;
    CHECK(claimed_.count(leader) == 1);  // nobody is opened who never claimed
    if (leader_.is_set() && leader != leader_) {
      // Every session the old leader got was cut, and that was acknowledged.
      CHECK(closed_ != 0);
      CHECK(closed_ <= acknowledged_);
    }
    closed_ = 0;
    leader_ = leader;
    led_until_ = table->generation;
  }

  void check() const {
    CHECK(next_tick_ > TimePoint{});
    CHECK(next_tick_ <= now_ + policy_.checks.interval + 1ms);
  }

  std::mt19937 random_;
  RoutingPolicy policy_;
  std::vector<RandomNode> nodes_;
  std::string holder_ = "a";
  bool paused_ = false;
  std::unique_ptr<ClusterView> view_;
  TimePoint now_ = TimePoint{1000s};
  TimePoint next_tick_{};
  TimePoint key_at_{};
  std::vector<Out> out_;
  std::vector<ClusterEvent> old_;
  std::map<NodeId, TimePoint> claimed_;
  std::map<NodeId, std::string> shown_;  // the system identifier of the newest answer
  std::map<NodeId, TimePoint> shown_at_;
  RoutingTablePtr table_;
  Generation acknowledged_ = 0;
  NodeId leader_;
  Generation led_until_ = 0;  // the newest table that named it
  Generation closed_ = 0;     // the first cut of all its sessions since; 0: none
  bool calm_ = false;
};

}  // namespace

TEST_CASE("whatever happens, there is one leader or none, and the old one is closed first",
          "[cluster_view]") {
  for (std::uint32_t seed = 1; seed <= 120; ++seed) {
    INFO("seed " << seed);
    RandomRun run(seed);
    for (int i = 0; i < 1000; ++i) run.step();
    run.heal_and_expect_leader();
  }
}
