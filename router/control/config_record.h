// ConfigRecord: what people are told about the configuration: the one in force, and why the newest file was
// refused if it was. A value; control loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "router/config/load_router_config.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

class ConfigRecord {
 public:
  // `file` empty: the environment alone.
  explicit ConfigRecord(std::string file) { stats_.file = std::move(file); }

  void applied(const RouterConfig& config, WallTime at) {
    ++stats_.generation;
    stats_.read_at = at;
    stats_.in_force = describe(config);
    unchanged();
  }
  // The newest file says what is in force already.
  void unchanged() {
    stats_.errors.clear();
    stats_.refused_at.reset();
  }
  void refused(std::vector<std::string> errors, WallTime at) {
    stats_.errors = std::move(errors);
    stats_.refused_at = at;
  }

  // Counts configurations taken into force, from 1; 0 before the first.
  [[nodiscard]] std::uint64_t generation() const { return stats_.generation; }
  [[nodiscard]] bool is_refused() const { return stats_.refused_at.has_value(); }
  [[nodiscard]] const ConfigStats& stats() const { return stats_; }

 private:
  ConfigStats stats_;
};

}  // namespace tamada::router
