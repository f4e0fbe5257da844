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

// ---- what ClusterView wants

void World::apply(const ClusterEvent& event) {
  carry_out(view_->apply(event, now_));
}

void World::carry_out(Step step) {
  next_tick_ = step.next_tick;
  for (const Fact& fact : step.facts) {
    const std::string& about = tells_words ? fact.words : fact.node;
    say(fmt::format("{}{}{}", name_of(fact.kind), about.empty() ? "" : " ", about));
  }
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

void World::hint(NodeId node, SessionHint::Kind kind) {
  apply(SessionHint{node, kind});
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

}  // namespace tamada::router::scenario
