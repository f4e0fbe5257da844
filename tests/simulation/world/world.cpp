#include "tests/simulation/world/world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/patroni/failover_value.h"

namespace tamada::simulation {
namespace {

constexpr std::size_t history_limit = 4000;

EtcdModelOptions etcd_options(std::size_t members) {
  EtcdModelOptions options;
  options.members = members;
  return options;
}

std::string_view kind_name(ha::ServerKind kind) {
  constexpr std::array<std::string_view, 7> names{"unknown", "stopped",  "starting", "standby",
                                                  "primary", "stopping", "hung"};
  return names.at(static_cast<std::size_t>(kind));
}

}  // namespace

World::World(std::uint64_t seed, WorldOptions options)
    : random_(seed),
      options_(std::move(options)),
      links_(random_.fork(1)),
      etcd_(scheduler_, random_.fork(2), etcd_options(options_.etcd_members)) {
  for (std::size_t i = 0; i < options_.nodes; ++i) {
    const std::string name = "n" + std::to_string(i + 1);
    names_.push_back(name);
    Node& node = nodes_[name];
    node.server = std::make_unique<ServerModel>(*this, name, random_.fork(100 + i));
    node.agent = std::make_unique<AgentHost>(*this, name, *node.server);
    if (options_.mistakes.arms_late) node.agent->guard().arm_late(40s);
  }
  put_config();
  for (auto& [name, node] : nodes_) {
    scheduler_.after(random_.between(0ms, 500ms), [agent = node.agent.get()] { agent->start(); });
  }
  scheduler_.after(options_.write_interval, [this] { write_row(); });
  if (!options_.has_router) return;
  router_ = std::make_unique<RouterHost>(*this, random_.fork(3));
  scheduler_.after(random_.fork(4).between(0s, 20s), [this] { router_->start(); });
}

World::~World() {
  if (router_) router_->kill();
  for (auto& [name, node] : nodes_) node.agent->kill();
}

bool World::run_until(const std::function<bool()>& condition, Duration limit) {
  const TimePoint deadline = scheduler_.now() + limit;
  while (!condition()) {
    if (!breach_.empty() || scheduler_.now() >= deadline) return false;
    scheduler_.run_for(10ms);
  }
  return true;
}

void World::tell(const std::string& who, const std::string& words) {
  const auto at = std::chrono::duration<double>(scheduler_.now().time_since_epoch() -
                                                TimePoint(1000s).time_since_epoch());
  history_.push_back(fmt::format("{:9.3f} {:6} {}", at.count(), who, words));
  if (history_.size() > history_limit) history_.pop_front();
}

std::string World::history() const {
  std::string text;
  for (const std::string& line : history_) text += line + "\n";
  return text;
}

AgentHost* World::agent(const std::string& name) {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : found->second.agent.get();
}

ServerModel* World::server(const std::string& name) {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : found->second.server.get();
}

std::vector<ServerModel*> World::servers() {
  std::vector<ServerModel*> all;
  for (auto& [name, node] : nodes_) all.push_back(node.server.get());
  return all;
}

std::string World::leader() const {
  for (const auto& [name, node] : nodes_) {
    if (node.server->takes_writes()) return name;
  }
  return {};
}

std::string World::lock_holder() const {
  const etcd::KeyValue* key = etcd_.store().find(std::string(prefix) + "leader");
  return key == nullptr ? std::string() : key->value;
}

bool World::is_whole() {
  const std::string leads = leader();
  if (leads.empty() || lock_holder() != leads || !agent(leads)->holds_lock()) return false;
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& one) {
    const auto& [name, node] = one;
    if (name == leads) return true;
    const ha::RowId row = node.agent->row();
    if (row == ha::RowId::rejoin_stuck || row == ha::RowId::wait_for_data || row == ha::RowId::other_system) {
      return true;
    }
    return node.server->kind() == ha::ServerKind::standby && node.server->is_streaming_from(leads);
  });
}

bool World::guard_holds(const std::string& name) {
  if (settings().pause || mistakes().arms_late) return true;
  const guard::FenceState& fence = agent(name)->guard().fence();
  return fence.standing == guard::FenceStanding::armed && scheduler_.now() < fence.fires_at();
}

std::string World::other_that_runs(const std::string& name) const {
  for (const auto& [other, node] : nodes_) {
    const ha::ServerKind kind = node.server->kind();
    if (other != name && (kind == ha::ServerKind::primary || kind == ha::ServerKind::standby)) return other;
  }
  return {};
}

std::string World::summary() {
  std::string text = fmt::format("the lock: '{}'\n", lock_holder());
  for (const auto& [name, node] : nodes_) {
    const ha::ServerView view = node.server->look();
    text += fmt::format("{}: row '{}' ({}), {}, timeline {}, WAL {}, upstream '{}', {}{}\n", name,
                        ha::name_of(node.agent->row()), node.agent->reason(), kind_name(view.kind),
                        view.timeline, node.server->wal().end(), node.server->upstream(),
                        view.is_receiving ? "streams" : "does not stream",
                        node.agent->process().is_alive() ? "" : ", no agent");
  }
  return text;
}

// ---- settings

ha::ClusterSettings World::settings_of(const std::string& config) const {
  const auto number = static_cast<std::size_t>(std::stoul(config.substr(config.find(':') + 1)));
  return all_settings_.at(number);
}

// The key /config holds a number; what it stands for is known here.
void World::put_config() {
  all_settings_.push_back(options_.settings);
  look_at_config();
}

// An operator tries again until it is there, also where an older try was carried out late.
void World::look_at_config() {
  scheduler_.cancel(config_look_);
  config_look_ = scheduler_.after(2s, [this] { look_at_config(); });
  const std::string key = std::string(prefix) + "config";
  const std::string text = "{\"simulated\":" + std::to_string(all_settings_.size() - 1) + "}";
  const etcd::KeyValue* there = etcd_.store().find(key);
  if (there != nullptr && there->value == text) return;
  EtcdRoute route;
  route.member = etcd_.leader().value_or(0);
  etcd_.put(route, {key, text}, [](const etcd::Outcome<etcd::PutReply>&) {});
}

void World::change_settings(const std::function<void(ha::ClusterSettings&)>& change) {
  const bool was_paused = options_.settings.pause;
  change(options_.settings);
  // Without synchronous mode a standby that lags a little may be promoted.
  if (!options_.settings.synchronous_mode) {
    for (Row& row : acknowledged_) row.must_stay = false;
  }
  was_paused_ = was_paused_ || options_.settings.pause;
  if (options_.settings.pause != was_paused) {
    paused_since_ = options_.settings.pause ? scheduler_.now() : TimePoint::max();
  }
  put_config();
}

void World::put_failover(const std::string& leader, const std::string& candidate) {
  patroni::FailoverValue value;
  if (!leader.empty()) value.leader = leader;
  if (!candidate.empty()) value.candidate = candidate;
  tell("op", fmt::format("asks for a change from '{}' to '{}'", leader, candidate));
  EtcdRoute route;
  route.member = etcd_.leader().value_or(0);
  etcd_.put(route, {std::string(prefix) + "failover", patroni::write_failover_value(value)},
            [](const etcd::Outcome<etcd::PutReply>&) {});
}

void World::switch_over(const std::string& candidate) {
  if (!lock_holder().empty() && lock_holder() != candidate) put_failover(lock_holder(), candidate);
}

void World::fail_over(const std::string& candidate) {
  // Whoever names a node of their choice takes what it has.
  for (Row& row : acknowledged_) row.must_stay = false;
  put_failover({}, candidate);
}

// ---- faults

void World::server_changed(const std::string& name) {
  const ServerModel& server = *nodes_.at(name).server;
  tell(name, fmt::format("server: {}, timeline {}, WAL {}{}", kind_name(server.kind()), server.wal().timeline,
                         server.wal().end(),
                         server.synchronous_names().empty()
                             ? std::string()
                             : fmt::format(", waits for {}", fmt::join(server.synchronous_names(), " "))));
  check_leaders();
  if (nodes_.at(name).agent) nodes_.at(name).agent->server_changed();
}

void World::freeze_machine(const std::string& name, bool is_frozen) {
  if (off_.contains(name) || frozen_.contains(name) == is_frozen) return;
  tell(name, is_frozen ? "the machine freezes" : "the machine thaws");
  Node& node = nodes_.at(name);
  if (is_frozen) {
    frozen_.insert(name);
    node.server->freeze(true);
    node.agent->process().freeze();
    node.agent->guard().process().freeze();
  } else {
    frozen_.erase(name);
    thawed_at_[name] = scheduler_.now();
    node.agent->guard().process().thaw();
    node.server->freeze(false);
    node.agent->process().thaw();
    scheduler_.after(300ms, [this] { check_leaders(); });
  }
}

void World::thaw_machine(const std::string& name, Duration late) {
  if (frozen_.erase(name) == 0) return;
  tell(name, "the machine thaws, its server first");
  thawed_at_[name] = scheduler_.now();
  Node& node = nodes_.at(name);
  node.server->freeze(false);
  node.server->write(++last_row_, [] {});  // what a client had sent meanwhile
  scheduler_.after(late, [this, name, &node] {
    if (frozen_.contains(name)) return;
    node.agent->guard().process().thaw();
    node.agent->process().thaw();
  });
  scheduler_.after(300ms, [this] { check_leaders(); });
}

void World::power_off(const std::string& name) {
  if (off_.contains(name)) return;
  freeze_machine(name, false);
  tell(name, "the machine goes off");
  Node& node = nodes_.at(name);
  node.agent->kill();
  node.server->end_all();
  node.agent->guard().kill();
  off_.insert(name);
}

void World::power_on(const std::string& name) {
  if (off_.erase(name) == 0) return;
  tell(name, "the machine is on");
  nodes_.at(name).agent->start();
}

void World::start_agent(const std::string& name) {
  if (machine_runs(name) && !agent(name)->process().is_alive()) agent(name)->start();
}

void World::cut(const std::string& a, const std::string& b, bool both_ways) {
  tell("net", fmt::format("{} {} {} is cut", a, both_ways ? "<->" : "->", b));
  links_.cut(a, b);
  if (both_ways) links_.cut(b, a);
}

void World::isolate(const std::string& name) {
  for (const std::string& other : names_) {
    if (other != name) cut(name, other);
  }
  for (std::size_t i = 0; i < etcd_.size(); ++i) cut(name, etcd_place(i));
  if (router_) cut(name, RouterHost::place);
}

void World::pose_as(const std::string& name, Duration span) {
  const std::string key = std::string(prefix) + "leader";
  EtcdRoute route;
  route.member = etcd_.leader().value_or(0);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span) + 1s;
  etcd_.lease_grant(
      route, seconds.count(), [this, key, name, route, span](const etcd::Outcome<etcd::LeaseReply>& granted) {
        if (!granted) return;
        etcd::TxnRequest txn;
        txn.compare.push_back(etcd::Compare::absent(key));
        txn.success.push_back({etcd::Operation::Kind::put, key, name, granted->id});
        etcd_.txn(route, txn,
                  [this, name, span, lease = granted->id](const etcd::Outcome<etcd::TxnReply>& reply) {
                    if (!reply || !reply->succeeded) return;
                    tell("", "somebody else leads under the name of " + name);
                    impostor_until_ = scheduler_.now() + span;
                    impostor_lease_ = lease;
                  });
      });
}

void World::etcd_was_reset() {
  etcd_reset_at_ = scheduler_.now();
  for (Row& row : acknowledged_) row.must_stay = false;
}

void World::heal() {
  tell("op", "everything is healed");
  links_.heal_all();
  for (std::size_t i = 0; i < etcd_.size(); ++i) {
    etcd_.thaw(i);
    etcd_.heal(i);
    etcd_.start(i);
  }
  etcd_.set_full(false);
  etcd_.set_commit_delay(0us);
  if (settings().pause) change_settings([](ha::ClusterSettings& settings) { settings.pause = false; });
  for (const std::string& name : names_) {
    freeze_machine(name, false);
    power_on(name);
    server(name)->hang(false);
    server(name)->stall(false);
    server(name)->freeze(false);
    agent(name)->process().thaw();
    agent(name)->guard().process().thaw();
    start_agent(name);
  }
  if (router_) router_->process().thaw();
}

}  // namespace tamada::simulation
