// Links: who reaches whom in the simulated world, how long it takes and what is lost. Places are named: a machine ("n1"), an
// etcd member ("etcd0"), the router's ("router"). Who draws from numbers of its own does not change what the others meet.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "common/base/time.h"
#include "tests/simulation/engine/random.h"
#include "tests/simulation/etcd/etcd_model.h"

namespace tamada::simulation {

class Links {
 public:
  explicit Links(Random random) : random_(random) {}

  // One way. What is on its way still arrives.
  void cut(const std::string& from, const std::string& to) { cut_.insert({from, to}); }
  void heal(const std::string& from, const std::string& to) { cut_.erase({from, to}); }
  void heal_all();
  [[nodiscard]] bool is_cut(const std::string& from, const std::string& to) const {
    return cut_.contains({from, to});
  }

  void set_delay(Duration least, Duration most);
  // Of a thousand messages.
  void set_loss(unsigned per_mille) { loss_ = per_mille; }

  [[nodiscard]] Duration delay() { return delay(random_); }
  [[nodiscard]] Duration delay(Random& random) const { return random.between(least_, most_); }
  // This message does not arrive.
  [[nodiscard]] bool loses(const std::string& from, const std::string& to) {
    return loses(from, to, random_);
  }
  [[nodiscard]] bool loses(const std::string& from, const std::string& to, Random& random) const;
  [[nodiscard]] EtcdRoute route(const std::string& from, std::size_t member);

 private:
  Random random_;
  std::set<std::pair<std::string, std::string>> cut_;
  Duration least_ = 300us;
  Duration most_ = 2ms;
  unsigned loss_ = 0;
};

[[nodiscard]] std::string etcd_place(std::size_t member);

}  // namespace tamada::simulation
