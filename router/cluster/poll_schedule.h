// PollSchedule: which asks are out, and when the next ones are due. Never more than one ask of a kind is out
// per node; ClusterView says on each turn what it wants and not before when, and gets what is due now.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "common/base/time.h"
#include "router/balance/policy.h"
#include "router/cluster/cluster_events.h"

namespace tamada::router {

class PollSchedule {
 public:
  // `seed` drives the jitter of fast polling.
  PollSchedule(std::uint32_t seed, const CheckPolicy& checks) : random_(seed), checks_(checks) {}
  void configure(const CheckPolicy& checks) { checks_ = checks; }

  // The node is another place now, or gone: asks out are forgotten.
  void forget(NodeId node) { books_.erase(node); }

  // An answer came; true: it was to an extra ask. Repetitions (not sent later than the newest answer of that
  // kind) change nothing. Any other answer is taken for the one that is awaited, also where its owner asked
  // by itself: nobody must wait for ever for an answer that came under another name.
  bool answered(NodeId node, AskKind kind, TimePoint sent);

  // Something moved: fast polling, if it goes on, is as fast as at its beginning. Not for every flap: at most
  // once in `look_again_every`.
  void look_again(TimePoint now) {
    if (!fast_since_ || now - *fast_since_ < look_again_every) return;
    fast_since_ = now;
  }

  // ---- one turn: begin(), then wants, then asks() and next()
  void begin(TimePoint now, bool fast);
  // The regular poll of the node: once per interval, or per fast interval (jittered by a fifth; 500 ms from 5
  // s on). `not_since`: set if it is wanted at once unless it was asked since then.
  void want_poll(NodeId node, AskKind kind, std::optional<TimePoint> not_since);
  // The other end point, once, because of a contradiction.
  void want_extra(NodeId node, AskKind kind);
  // Anything else, at most every `spacing`, or at once if it was not asked since `not_since`.
  void want(NodeId node, AskKind kind, Duration spacing, std::optional<TimePoint> not_since = std::nullopt);
  [[nodiscard]] bool is_out(NodeId node, AskKind kind) const;

  [[nodiscard]] std::vector<Ask> take_asks() { return std::move(asks_); }
  // When the next ask is due that is not out; none: all wait for answers.
  [[nodiscard]] std::optional<TimePoint> next() const { return next_; }

  static constexpr Duration slow_fast_interval = 500ms;
  static constexpr Duration fast_for = 5s;
  static constexpr Duration look_again_every = 20s;

 private:
  struct Book {
    std::array<std::optional<TimePoint>, 5> out;       // since when an ask is out, by kind
    std::array<std::optional<TimePoint>, 5> last;      // when it was asked last
    std::array<std::optional<TimePoint>, 5> answered;  // the newest answer's `sent`
    std::array<bool, 5> extra = {};
    std::optional<TimePoint> polled;  // the last regular poll
    double jitter = 1.0;
  };
  static std::size_t at(AskKind kind) { return static_cast<std::size_t>(kind); }
  void ask(Book& book, NodeId node, AskKind kind);
  void due(TimePoint when);

  std::minstd_rand random_;
  CheckPolicy checks_;
  std::map<NodeId, Book> books_;
  std::optional<TimePoint> fast_since_;
  TimePoint now_ = {};
  std::vector<Ask> asks_;
  std::optional<TimePoint> next_;
};

}  // namespace tamada::router
