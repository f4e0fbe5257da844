#include "tests/scenarios/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tamada::router::scenario {
namespace {

std::string kind_name(AskKind kind) {
  switch (kind) {
    case AskKind::master:
      return "/master";
    case AskKind::replica:
      return "/replica";
    case AskKind::cluster:
      return "/cluster";
    case AskKind::config:
      return "/config";
    case AskKind::postgres:
      return "postgres";
  }
  return "?";
}

std::string cause_name(CutCause cause) {
  static const char* const names[] = {"none",    "demoted",  "superseded", "failed",
                                      "lagging", "promoted", "refused",    "maintenance"};
  return names[static_cast<std::size_t>(cause)];
}

}  // namespace

World::World() {
  policy.scope = "patroni";
}

NodeId World::add_node(const std::string& label) {
  auto node = std::make_unique<WorldNode>();
  node->id = NodeId{static_cast<std::uint32_t>(nodes_.size()) + 1};
  node->label = label;
  node->told_name = label;
  node->address = fmt::format("10.0.0.{}", nodes_.size() + 1);
  policy.nodes.push_back({node->id, label, fmt::format("http://{}:8008", label)});
  nodes_.push_back(std::move(node));
  return nodes_.back()->id;
}

ListenerId World::add_listener(ListenerPolicy listener) {
  listener_names_.push_back(listener.name);
  listener.id = ListenerId{static_cast<std::uint32_t>(listener_names_.size())};
  policy.listeners.push_back(listener);
  return listener.id;
}

WorldNode* World::find(const std::string& label) {
  for (const auto& node : nodes_) {
    if (node->label == label) return node.get();
  }
  return nullptr;
}

const WorldNode* World::node_of(NodeId id) const {
  for (const auto& node : nodes_) {
    if (node->id == id) return node.get();
  }
  return nullptr;
}

std::string World::listener_name(ListenerId id) const {
  return listener_names_.at(id.value - 1);
}

std::string member_name_of(const WorldNode& node) {
  if (!node.member_name.empty()) return node.member_name;
  return node.told_name.empty() ? node.label : node.told_name;
}

// ---- time

void World::later(Duration after, std::function<void()> what) {
  queue_[{now_ + after, ++sequence_}] = std::move(what);
}

void World::start() {
  if (started()) return;
  view_ = std::make_unique<ClusterView>(policy, seed, now_);
  carry_out(view_->tick(now_));
  if (policy.watches_leader_key) heartbeat();
}

void World::run(Duration span) {
  run_until(now_ + span);
}

void World::run_until(TimePoint when) {
  start();
  while (true) {
    TimePoint next = std::min(when, std::max(next_tick_, now_));
    if (!queue_.empty()) next = std::min(next, std::max(queue_.begin()->first.first, now_));
    const bool tick = next_tick_ <= next;
    now_ = next;
    if (!queue_.empty() && queue_.begin()->first.first <= now_) {
      const std::function<void()> what = std::move(queue_.begin()->second);
      queue_.erase(queue_.begin());
      what();
    } else if (tick && now_ <= when) {
      Step step = view_->tick(now_);
      if (step.next_tick <= now_) violations_.push_back("next_tick is not in the future");
      carry_out(std::move(step));
    } else if (now_ >= when) {
      return;
    }
  }
}

// The control loop does nothing for `span`; answers that arrive wait for it. The workers go on with their
// table.
void World::stall(Duration span) {
  start();
  now_ += span;
  if (table_ == nullptr) return;
  for (const ListenerRoutes& routes : table_->listeners) {
    for (const Candidate& candidate : routes.candidates) {
      if (candidate.valid_until > now_) continue;
      say(fmt::format("the workers' table has run out: {} -> {}", listener_name(routes.listener),
                      candidate.name));
    }
  }
  print_held();
}

// What the workers pass on, by the table they have.
void World::print_held() {
  std::string held;
  if (now_ >= table_->good_until) {
    for (const NodeId node : table_->writers) held += (held.empty() ? "" : " ") + node_of(node)->label;
  }
  const std::string before = std::exchange(held_, held);
  if (held_ == before) return;
  say(held_.empty() ? fmt::format("what clients sent to {} waits no more", before)
                    : fmt::format("what clients send to {} waits", held_));
}

void World::say(const std::string& line) {
  output_.push_back(
      fmt::format("{:.3f}s {}", static_cast<double>(now_.time_since_epoch().count()) / 1e6, line));
}

// ---- the core's wishes

void World::apply(const ClusterEvent& event) {
  carry_out(view_->apply(event, now_));
}

void World::carry_out(Step step) {
  next_tick_ = step.next_tick;
  for (const Fact& fact : step.facts) say(fmt::format("{} {}", fact.event, fact.words));
  if (step.table != nullptr) {
    check_table(*step.table);
    table_ = step.table;
    print_table(*step.table);
    const Generation generation = step.table->generation;
    later(1ms, [this, generation] {
      if (!workers_acknowledge) return;
      acknowledged_ = std::max(acknowledged_, generation);
      carry_out(view_->acknowledged(generation, now_));
    });
  }
  for (const Ask& ask : step.asks) make(ask);
}

void World::acknowledge_now() {
  if (table_ == nullptr) return;
  acknowledged_ = table_->generation;
  carry_out(view_->acknowledged(acknowledged_, now_));
}

void World::make(const Ask& ask) {
  if (!out_.insert({ask.node, ask.kind}).second) {
    violations_.push_back(fmt::format("two asks of {} out at node {}", kind_name(ask.kind), ask.node.value));
  }
  const WorldNode* node = node_of(ask.node);
  ++asked_[{node->label, kind_name(ask.kind)}];
  const TimePoint sent = now_;
  const bool quick = node->rest == WorldNode::Rest::refuses || node->rest == WorldNode::Rest::unresolved ||
                     node->rest == WorldNode::Rest::resets;
  later(quick ? 1ms : std::min(node->latency, policy.checks.timeout),
        [this, ask, sent] { answer(ask, sent); });
}

void World::answer(const Ask& ask, TimePoint sent) {
  const WorldNode* node = node_of(ask.node);
  const bool rest_hangs = node->rest == WorldNode::Rest::silent || node->latency >= policy.checks.timeout;
  const bool hangs = ask.kind == AskKind::postgres ? false : rest_hangs;
  if (hangs && now_ < sent + policy.checks.timeout) {
    later(sent + policy.checks.timeout - now_, [this, ask, sent] { answer(ask, sent); });
    return;
  }
  out_.erase({ask.node, ask.kind});
  const bool told = node->rest == WorldNode::Rest::answers && !rest_hangs;
  switch (ask.kind) {
    case AskKind::master:
    case AskKind::replica:
      poll_answer(ask, sent, node);
      return;
    case AskKind::cluster: {
      ClusterAnswer answer{ask.node, sent, {}};
      if (told && !node->cluster_fails) answer.members = cluster_of(*node);
      apply(answer);
      return;
    }
    case AskKind::config:
      apply(ConfigAnswer{ask.node, sent, told ? std::optional<Duration>(30s) : std::nullopt});
      return;
    case AskKind::postgres:
      apply(postgres_answer(ask.node, sent, *node));
      return;
  }
}

PostgresAnswer World::postgres_answer(NodeId id, TimePoint sent, const WorldNode& node) {
  PostgresAnswer answer{id, sent, node.postgres};
  if (node.postgres || node.rest == WorldNode::Rest::unresolved) return answer;
  answer.silence = node.postgres_hangs ? Silence::timeout : Silence::refused;
  answer.words = node.postgres_hangs ? "no answer within 2000 ms"
                                     : fmt::format("connect to {}:5432: connection refused", node.address);
  return answer;
}

void World::poll_answer(const Ask& ask, TimePoint sent, const WorldNode* node) {
  PollAnswer answer;
  answer.node = ask.node;
  answer.asked = ask.kind;
  answer.sent = sent;
  answer.postgres = Address::from_ip(node->address, 5432).value();
  const auto silence = [&](Silence what, const char* words) {
    answer.silence = what;
    answer.words = words;
    answer.postgres = {};
  };
  switch (node->rest) {
    case WorldNode::Rest::silent:
      silence(Silence::timeout, "no answer within 2000 ms");
      break;
    case WorldNode::Rest::refuses:
      silence(Silence::refused, "connection refused");
      break;
    case WorldNode::Rest::resets:
      silence(Silence::reset, "connection reset");
      break;
    case WorldNode::Rest::unresolved:
      silence(Silence::unresolved, "unknown name");
      break;
    case WorldNode::Rest::garbage:
      silence(Silence::malformed, "not Patroni's answer");
      break;
    case WorldNode::Rest::answers: {
      if (node->latency >= policy.checks.timeout) {
        silence(Silence::timeout, "no answer within 2000 ms");
        break;
      }
      answer.body = status_of(*node);
      const bool runs = node->state == "running" || node->state == "unknown";
      const bool replica = node->role == "replica" && runs && !node->lock && !answer.body->tags.noloadbalance;
      answer.status = (ask.kind == AskKind::master ? node->lock : replica) ? 200 : 503;
      break;
    }
  }
  apply(answer);
}

wire::NodeStatus World::status_of(const WorldNode& node) const {
  wire::NodeStatus status;
  status.state = node.state;
  status.role_text = node.role;
  status.role = wire::node_role(node.role);
  if (node.state == "running") {
    status.timeline = node.timeline;
    if (node.role == "primary") {
      status.location = node.position;
    } else {
      status.received_location = status.replayed_location = node.position;
    }
  }
  status.sync_standby = node.sync;
  status.tags = node.tags;
  status.system_identifier = node.system_id;
  if (node.state == "running") status.postmaster_start_time = node.started;
  status.scope = node.scope;
  status.name = node.told_name;
  status.patroni_version = node.patroni_version;
  const bool follows = node.role == "replica" || node.role == "standby_leader";
  if (node.state == "running" && follows) status.replication_state = node.replication_state;
  status.dcs_last_seen = node.has_read_store ? 1 : 0;
  status.pause = paused && node.has_read_store;
  return status;
}

wire::ClusterMembers World::cluster_of(const WorldNode& giver) const {
  wire::ClusterMembers members;
  members.scope = giver.scope;
  members.pause = paused;
  const std::string leader = giver.cluster_names.value_or(lock_holder);
  bool listed = false;
  for (const auto& node : nodes_) {
    if (node->scope != giver.scope || node->rest == WorldNode::Rest::unresolved) continue;
    wire::ClusterMember member;
    member.name = member_name_of(*node);
    member.role = member.name == leader ? "leader" : "replica";
    member.state = "running";
    member.api_url =
        fmt::format("http://{}:8008/patroni", node->member_name.empty() ? node->label : node->member_name);
    if (member.is_leader()) listed = true;
    members.members.push_back(std::move(member));
  }
  if (!listed && !leader.empty()) {
    wire::ClusterMember stranger;
    stranger.name = leader;
    stranger.role = "leader";
    members.members.push_back(std::move(stranger));
  }
  return members;
}

// ---- etcd

void World::lock_changed() {
  if (!policy.watches_leader_key || !started()) return;
  later(2ms, [this] {
    if (!etcd_answers) return;
    if (key_oversize > 0) return apply(LeaderKey{std::nullopt, now_, key_oversize});
    apply(LeaderKey{lock_holder.empty() ? std::nullopt : std::optional(lock_holder), now_});
  });
}

void World::announce(const std::string& from, const std::string& to) {
  later(2ms, [this, from, to] {
    if (!etcd_answers) return;
    const auto name = [](const std::string& text) {
      return text.empty() ? std::nullopt : std::optional(text);
    };
    apply(PlannedChange{name(from), name(to), now_});
  });
}

void World::heartbeat() {
  lock_changed();
  later(1s, [this] { heartbeat(); });
}

// ---- by hand

void World::smell(NodeId node, const std::string& words) {
  apply(Smell{node, words});
}
void World::no_connection(NodeId node) {
  apply(NoConnection{node});
}
void World::administer(NodeId node, ListenerId listener, AdminState state) {
  carry_out(view_->administer(node, listener, state, now_));
}
void World::reconfigure() {
  carry_out(view_->configure(policy, now_));
}
void World::sessions_gone(NodeId node) {
  carry_out(view_->sessions_gone(node, now_));
}

// ---- what is written down

void World::print_table(const RoutingTable& table) {
  for (const ListenerRoutes& routes : table.listeners) {
    for (const CutLine& line : routes.cuts) {
      Generation& printed = printed_cuts_[{routes.listener, line.node}];
      if (printed == line.before) continue;
      printed = line.before;
      say(fmt::format("cut {} on {}: {}", listener_name(routes.listener), node_of(line.node)->label,
                      cause_name(line.cause)));
    }
  }
  for (const ListenerRoutes& routes : table.listeners) {
    std::string line = fmt::format("{} ->", listener_name(routes.listener));
    if (routes.candidates.empty()) line += " nobody";
    for (const Candidate& candidate : routes.candidates) {
      const WorldNode* node = node_of(candidate.node);
      line += " " + (candidate.name == node->label ? node->label : node->label + "=" + candidate.name);
    }
    if (std::exchange(printed_[routes.listener], line) != line) say(line);
  }
  print_held();
}

void World::check_table(const RoutingTable& table) {
  for (const ListenerRoutes& routes : table.listeners) {
    const auto listener = std::find_if(policy.listeners.begin(), policy.listeners.end(),
                                       [&](const ListenerPolicy& one) { return one.id == routes.listener; });
    for (const Candidate& candidate : routes.candidates) {
      if (candidate.valid_until > now_ + policy.checks.expire)
        violations_.push_back("a candidate lives too long");
    }
    const TimePoint longest = table.writers.empty() ? TimePoint::max() : now_ + policy.checks.expire;
    if (table.good_until > longest) violations_.push_back("a table lives too long");
    if (listener == policy.listeners.end() || !listener->is_write()) continue;
    if (routes.candidates.size() > 1) violations_.push_back("two leaders in one table");
    for (const CutLine& cut : routes.cuts) {
      if (closed_ == 0 && cut.node == last_leader_ && cut.before > led_until_) closed_ = cut.before;
    }
    if (routes.candidates.empty()) continue;
    const NodeId leader = routes.candidates.front().node;
    const bool same_server =
        last_leader_.is_set() && node_of(last_leader_)->address == node_of(leader)->address;
    if (last_leader_.is_set() && last_leader_ != leader && !same_server &&
        (closed_ == 0 || closed_ > acknowledged_)) {
      violations_.push_back("a new leader before the old one's sessions were closed");
    }
    closed_ = 0;
    led_until_ = table.generation;
    last_leader_ = leader;
  }
}

std::vector<std::string> World::show_nodes() const {
  std::vector<std::string> lines;
  for (const NodeView& node : view_->nodes(now_)) {
    std::string line = fmt::format("{} {}, {}", node.name, node.role, node.state);
    if (node.timeline) line += fmt::format(", timeline {}", *node.timeline);
    if (node.lag_bytes) line += fmt::format(", lag {}", *node.lag_bytes);
    if (node.admin == AdminState::drain) line += ", drained";
    if (node.admin == AdminState::maintenance) line += ", in maintenance";
    if (node.leaving) line += ", leaving";
    lines.push_back(line + ": " + node.reason);
  }
  return lines;
}

std::vector<std::string> World::show_leader() const {
  const LeaderView leader = view_->leader();
  return {leader.node.is_set() ? fmt::format("leader {}: {}", leader.name, leader.reason) : leader.reason};
}

std::vector<std::string> World::show_why() const {
  std::vector<std::string> lines;
  for (const ListenerRoutes& routes : table_->listeners) {
    if (routes.candidates.empty()) lines.push_back(listener_name(routes.listener) + ": " + routes.why_none);
  }
  return lines;
}

std::vector<std::string> World::show_asks() {
  std::vector<std::string> lines;
  for (const auto& [what, count] : asked_)
    lines.push_back(fmt::format("{} {}: {}", what.first, what.second, count));
  asked_.clear();
  return lines;
}

std::vector<std::string> World::show_disagreements() const {
  std::vector<std::string> lines;
  for (const Disagreement& found : view_->testimony(now_).disagreements) {
    lines.push_back(fmt::format("{}: {}", found.kind, found.words));
  }
  return lines;
}

std::vector<std::string> World::show_undiscovered() const {
  std::vector<std::string> lines;
  for (const wire::ClusterMember& member : view_->undiscovered()) {
    lines.push_back(fmt::format("{} at {}", member.name, member.api_url));
  }
  return lines;
}

}  // namespace tamada::router::scenario
