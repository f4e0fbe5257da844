// Story: what the control loop sees, told to a FailoverLog.
#pragma once

#include <catch2/catch.hpp>

#include "router/history/failover_log.h"

namespace tamada::router {

inline constexpr NodeId a{1};
inline constexpr NodeId b{2};
inline constexpr NodeId c{3};

inline std::string name_of(NodeId node) {
  if (!node.is_set()) return {};
  return node == a ? "a" : node == b ? "b" : "c";
}

inline const WallTime began{std::chrono::seconds{1'800'000'000}};

struct Story {
  Story() : log([this] { return totals; }) {}

  [[nodiscard]] FailoverLog::At at() const { return {TimePoint{1000s} + now, wall(now)}; }
  static WallTime wall(Duration since) {
    return began + std::chrono::duration_cast<WallTime::duration>(since);
  }

  void fact(FactKind kind, NodeId node, const std::string& words, bool warning = false,
            const std::string& reason = "") {
    log.hear(Fact{kind, name_of(node), words, warning, reason}, view(), at());
  }
  [[nodiscard]] LeaderView view() const {
    LeaderView view;
    view.node = leader;
    view.name = name_of(leader);
    return view;
  }
  void claim(const std::vector<NodeId>& nodes) { log.claims(nodes, at()); }
  void confirm(NodeId node, const std::string& words = "it says so") {
    leader = node;
    claim({node});
    fact(FactKind::leader_confirmed, node, words);
  }
  void unconfirm(const std::string& words) {
    const NodeId was = leader;
    leader = {};
    claim({});
    fact(FactKind::leader_unconfirmed, was, "no leader: " + words, true, words);
  }
  void lose(NodeId node, const std::string& words) {
    if (leader == node) leader = {};
    fact(FactKind::leader_lost, node, words, true);
  }
  void answer(NodeId node, const std::string& state) {
    PollAnswer poll;
    poll.node = node;
    poll.sent = at().now;
    poll.status = 200;
    poll.body.emplace();
    poll.body->state = state;
    poll.body->role_text = "primary";
    log.hear(poll, at());
  }
  void silence(NodeId node) {
    PollAnswer poll;
    poll.node = node;
    poll.sent = at().now;
    poll.silence = Silence::timeout;
    poll.words = "no answer within 2000 ms";
    log.hear(poll, at());
  }
  [[nodiscard]] std::vector<Failover> records() const { return log.records(at().now); }
  [[nodiscard]] Failover only() const {
    const std::vector<Failover> all = records();
    REQUIRE(all.size() == 1);
    return all.front();
  }

  Duration now{};
  NodeId leader;
  FailoverTotals totals;
  FailoverLog log;
};

inline std::vector<FactKind> kinds_of(const Failover& record) {
  std::vector<FactKind> kinds;
  for (const FailoverStep& step : record.steps) kinds.push_back(step.kind);
  return kinds;
}

using Kinds = std::vector<FactKind>;

}  // namespace tamada::router
