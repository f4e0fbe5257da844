// CutLedger: which sessions must end (cut lines, carried by every later table, since a worker may miss tables
// in between), and break before make: whether the workers have carried out what ends the old leader's
// sessions.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "router/balance/routing_table.h"

namespace tamada::router {

class CutLedger {
 public:
  // Generation of the table being made now.
  [[nodiscard]] Generation next() const { return published_ + 1; }
  void published() { ++published_; }
  [[nodiscard]] Generation last() const { return published_; }

  // Sessions of `listener` on `node` that were admitted so far must end with the next table.
  void cut(ListenerId listener, NodeId node, CutCause cause, std::string why) {
    lines_[{listener, node}] = {node, next(), cause, std::move(why)};
    gone_.erase(node);
    changed_ = true;
  }
  // No session is left on `node`, and none is on its way there: its lines go once the workers have seen the
  // next table, so that nodes which come and go leave nothing behind.
  void forget(NodeId node) {
    gone_[node] = next();
    changed_ = true;
  }
  // No leader may be published before the next table is acknowledged.
  void break_here() {
    break_ = next();
    changed_ = true;
  }
  void acknowledged(Generation generation) {
    if (generation > published_ || generation <= acknowledged_) return;
    acknowledged_ = generation;
    std::erase_if(lines_, [&](const auto& line) {
      const auto gone = gone_.find(line.first.second);
      return gone != gone_.end() && gone->second <= acknowledged_;
    });
    std::erase_if(gone_, [&](const auto& gone) { return gone.second <= acknowledged_; });
  }
  [[nodiscard]] bool is_broken_off() const { return acknowledged_ >= break_; }

  [[nodiscard]] std::vector<CutLine> lines(ListenerId listener) const {
    std::vector<CutLine> found;
    for (const auto& [key, line] : lines_) {
      if (key.first == listener) found.push_back(line);
    }
    return found;
  }
  // True once after each new line or break: a table must be published.
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }

 private:
  Generation published_ = 0;
  Generation acknowledged_ = 0;
  Generation break_ = 0;
  bool changed_ = false;
  std::map<std::pair<ListenerId, NodeId>, CutLine> lines_;
  std::map<NodeId, Generation> gone_;
};

}  // namespace tamada::router
