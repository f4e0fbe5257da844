#include "tests/simulation/world/router_host.h"

#include <algorithm>

#include "tests/simulation/world/world.h"

namespace tamada::simulation {
namespace {

constexpr router::ListenerId write_listener{1};
constexpr Duration between_writers = 100ms;
constexpr Duration between_key_looks = 1s;

router::RoutingPolicy policy_of(const std::vector<std::string>& names, bool watches_key) {
  router::RoutingPolicy policy;
  policy.scope = "sim";
  policy.watches_leader_key = watches_key;
  for (const std::string& name : names) {
    const auto number = static_cast<std::uint32_t>(policy.nodes.size() + 1);
    policy.nodes.push_back({router::NodeId{number}, name, "http://" + name + ":8008"});
  }
  router::ListenerPolicy write;
  write.id = write_listener;
  write.name = "write";
  policy.listeners.push_back(write);
  return policy;
}

}  // namespace

RouterHost::RouterHost(World& world, Random random)
    : world_(world), random_(random), process_(world.scheduler()), watches_key_(random_.chance(1, 3)) {}

void RouterHost::start() {
  process_.start();
  ++life_;
  world_.tell(place, "the router starts");
  session_ = std::make_unique<EtcdSession>(process_, world_.etcd(), world_.links(), place);
  table_ = nullptr;
  words_.clear();
  sessions_.clear();
  const auto seed = static_cast<std::uint32_t>(random_.below(1U << 31));
  view_ =
      std::make_unique<router::ClusterView>(policy_of(world_.names(), watches_key_), seed, process_.now());
  tick();
  connect_writer();
  if (watches_key_) look_at_key();
}

const std::string& RouterHost::name_of(router::NodeId node) const {
  return world_.names().at(node.value - 1);
}

std::string RouterHost::leader() const {
  const router::ListenerRoutes* routes = table_ ? table_->find(write_listener) : nullptr;
  const bool is_open = routes != nullptr && !routes->candidates.empty() &&
                       world_.scheduler().now() < routes->candidates.front().valid_until;
  return is_open ? name_of(routes->candidates.front().node) : std::string();
}

void RouterHost::apply(const router::ClusterEvent& event) {
  carry_out(view_->apply(event, process_.now()));
}

void RouterHost::tick() {
  carry_out(view_->tick(process_.now()));
}

void RouterHost::carry_out(const router::Step& step) {
  for (const router::Fact& fact : step.facts) world_.tell(place, fact.words);
  check_leader();
  world_.scheduler().cancel(next_tick_);
  next_tick_ = world_.scheduler().at(std::max(step.next_tick, process_.now() + 1ms),
                                     process_.bind([this] { tick(); }));
  if (step.table) publish(step.table);
  for (const router::Ask& ask : step.asks) make(ask);
}

// A worker takes a table at the top of its turn, cuts, and only then says so.
void RouterHost::publish(const router::RoutingTablePtr& table) {
  check_table(*table);
  const Duration turn = random_.between(100us, 3ms);
  process_.after(turn, [this, table] { take(table); });
  process_.after(turn + 10us,
                 [this, table] { carry_out(view_->acknowledged(table->generation, process_.now())); });
}

void RouterHost::take(const router::RoutingTablePtr& table) {
  if (table_ && table_->generation > table->generation) return;
  table_ = table;
  const auto cut = [this, table] {
    std::erase_if(sessions_, [&](const auto& one) {
      return router::cut_line(*table, write_listener, one.first, one.second) != nullptr;
    });
  };
  if (world_.mistakes().acknowledges_early) return process_.after(30s, cut);
  cut();
}

// A client that writes, and stays connected.
void RouterHost::connect_writer() {
  process_.after(between_writers, [this] { connect_writer(); });
  const std::string name = leader();
  if (name.empty()) return;
  const router::NodeId node = table_->find(write_listener)->candidates.front().node;
  const ServerModel& server = *world_.server(name);
  const bool answers = world_.machine_runs(name) && server.takes_writes() && !loses(place, name);
  if (!answers) return;
  check_writers(node);
  ++writers_connected_;
  sessions_[node] = table_->generation;
}

// The leader key, as a linearizable read shows it.
void RouterHost::look_at_key() {
  const TimePoint sent = process_.now();
  session_->range({std::string(World::prefix) + "leader"},
                  [this, sent](const etcd::Outcome<etcd::RangeReply>& reply) {
                    process_.after(between_key_looks, [this] { look_at_key(); });
                    if (!reply) return session_->next_member();
                    router::LeaderKey key;
                    key.as_of = sent;
                    if (!reply->kvs.empty()) key.lock_holder = reply->kvs[0].value;
                    apply(key);
                  });
}

}  // namespace tamada::simulation
