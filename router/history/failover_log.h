// FailoverLog: makes Failover records from what the control loop sees: facts, answers of the leader, claims,
// and the first session on a leader. Pure.
//
// What counts
//   * A record begins when a confirmed leader is no longer one (leader.unconfirmed, leader.lost):
//     `leader_gone`. The router's start is none, and neither is what people do to the router by hand (drain,
//     maintenance).
//   * From an announced switchover on, new writers wait while open sessions still write: that is a sign.
//     Where the switchover is called off it becomes a record only if somebody had to wait, and then counts
//     from the announcement.
//   * A leader that is confirmed again, without having been lost, within `short_gap` is no record, unless a
//     client waited, was cut or was told an error.
//   * Signs are remembered for `sign_lasts` (what sessions hint for `hint_lasts`), and forgotten when the
//     leader answers well again.
//   * A record ends with the first session on the next leader; `nobody_came` after the confirmation if there
//     was none; or when that leader is gone again. Without a next leader it goes on.
//   * Workers see trouble before the control loop hears of it: where the first sign is one that the leader
//     gave, costs are counted from its last good answer but one (but not from before it led).
//   * A claim that stood before the old leader was gone is shown as of `leader_gone`, so that the milestones
//     stay in order.
//
// Names are as they were then. Counters are read through `totals`, which may go back (they were cleared).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "router/cluster/cluster_events.h"
#include "router/cluster/cluster_view.h"
#include "router/history/failover.h"

namespace tamada::router {

// Of all listeners with `to: leader`, since the start.
struct FailoverTotals {
  std::uint64_t waited = 0;
  std::uint64_t cut = 0;
  std::uint64_t failed = 0;
};

class FailoverLog {
 public:
  // The same moment on both clocks.
  struct At {
    TimePoint now{};
    WallTime wall{};
  };
  using Totals = std::function<FailoverTotals()>;

  explicit FailoverLog(Totals totals) : totals_(std::move(totals)) {}

  // Records of an earlier life, newest first; the numbers go on after them. One that was not over then never
  // will be: it is closed with what is known.
  void restore(std::vector<Failover> records);

  // In the order they are told. `leader`: as it is after the turn that brought the fact.
  void hear(const Fact& fact, const LeaderView& leader, At at);
  // Only those of the leader, and of the last one, say something.
  void hear(const PollAnswer& answer, At at);
  // Who claims to lead, after a turn; before the turn's facts.
  void claims(const std::vector<NodeId>& claimants, At at);
  // A new session has started on `node`, the first since it was confirmed as the leader.
  void first_session(NodeId node, At at);
  // From time to time.
  void tick(At at);

  // Newest first, at most `kept`; the one that goes on included, once it counts.
  [[nodiscard]] std::vector<Failover> records(TimePoint now) const;
  // True once after each change that should outlive a restart.
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }

  static constexpr std::size_t kept = 50;
  static constexpr std::size_t steps_kept = 100;
  static constexpr Duration short_gap = 100ms;
  static constexpr Duration sign_lasts = 30s;
  static constexpr Duration hint_lasts = 10s;
  static constexpr Duration nobody_came = 10s;

 private:
  // Something that was seen lately.
  struct Seen {
    TimePoint at{};
    FailoverStep step;
    bool is_sign = false;  // that something is wrong with the leader
    FailoverTotals totals;
  };
  // The record that goes on.
  struct Open {
    Failover record;
    TimePoint gone{};
    std::optional<TimePoint> confirmed;
    NodeId to;
    bool lost = false;  // the old leader's sessions were closed
    FailoverTotals before;
  };

  [[nodiscard]] bool is_sign(const Fact& fact) const;
  void remember(FailoverStep step, bool sign, At at);
  [[nodiscard]] FailoverTotals totals_before(FactKind sign) const;
  // The leader is well again.
  void forget_signs();
  void forget_signs(FactKind kind);
  void begin(const Fact& fact, At at);
  void confirm(const Fact& fact, NodeId leader, At at);
  void call_off(const Fact& fact, At at);
  void end(std::optional<WallTime> first_session);
  void count(Failover& record, const FailoverTotals& before) const;
  [[nodiscard]] bool counts(const Open& open, TimePoint end) const;

  Totals totals_;
  std::array<FailoverTotals, 2> calm_;  // at the leader's good answers: the last but one, the last
  NodeId leader_;                       // the last one that was confirmed
  std::string leader_name_;             // empty: nobody was yet
  bool leads_ = false;                  // it still is
  bool missed_ = false;                 // its newest answer did not come
  bool stopping_ = false;               // it said so
  std::deque<Seen> seen_;               // oldest first, at most sign_lasts old
  std::map<NodeId, At> claims_;
  std::optional<Open> open_;
  std::deque<Failover> past_;  // newest first
  std::uint64_t last_number_ = 0;
  bool changed_ = false;
};

}  // namespace tamada::router
