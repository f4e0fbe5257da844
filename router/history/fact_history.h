// FactHistory: the newest facts, for people who ask afterwards what happened. Bounded: the oldest give way.
// A value; control loop's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>

#include "common/base/utf8.h"
#include "router/cluster/fact.h"

namespace tamada::router {

struct PastFact {
  std::chrono::system_clock::time_point at;  // the wall clock: this is for people
  FactKind kind = FactKind::leader_confirmed;
  std::string node;
  std::string words;
  bool warning = false;
};

// A fact as it is logged, kept and shown: its texts may hold what others wrote, and are cut to a size that
// hundreds of them can have.
[[nodiscard]] inline Fact bounded(const Fact& fact) {
  return {fact.kind, shortened(fact.node, 255), shortened(fact.words, 2000), fact.warning,
          shortened(fact.reason, 2000)};
}

class FactHistory {
 public:
  explicit FactHistory(std::size_t limit = 256) : limit_(limit) {}

  void add(const Fact& fact, std::chrono::system_clock::time_point at) {
    if (facts_.size() == limit_) facts_.pop_front();
    facts_.push_back({at, fact.kind, fact.node, fact.words, fact.warning});
  }

  // Oldest first.
  [[nodiscard]] const std::deque<PastFact>& facts() const { return facts_; }

 private:
  std::size_t limit_;
  std::deque<PastFact> facts_;
};

}  // namespace tamada::router
