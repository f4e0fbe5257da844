// What is written down, and checked on the way.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/scenarios/world.h"

namespace tamada::router::scenario {
namespace {

std::string cause_name(CutCause cause) {
  static const char* const names[] = {"none",    "demoted",  "superseded", "failed",
                                      "lagging", "promoted", "refused",    "maintenance"};
  return names[static_cast<std::size_t>(cause)];
}

}  // namespace

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
  for (const Disagreement& found : view_->evidence(now_).disagreements) {
    lines.push_back(fmt::format("{}: {}", found.kind, found.words));
  }
  return lines;
}

std::vector<std::string> World::show_undiscovered() const {
  std::vector<std::string> lines;
  for (const patroni::ClusterMember& member : view_->undiscovered()) {
    lines.push_back(fmt::format("{} at {}", member.name, member.api_url));
  }
  return lines;
}

}  // namespace tamada::router::scenario
