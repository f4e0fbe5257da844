// CutLedger: which sessions must end (cut lines, carried by every later table, since a worker may miss tables
// in between), and break before make: whether the workers have carried out what ends the old leader's
// sessions.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "router/core/routing_table.h"

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
    changed_ = true;
  }
  // No leader may be published before the next table is acknowledged.
  void break_here() {
    break_ = next();
    changed_ = true;
  }
  void acknowledged(Generation generation) {
    if (generation <= published_ && generation > acknowledged_) acknowledged_ = generation;
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
};

}  // namespace tamada::router
