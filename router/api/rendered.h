// Rendered: answers made from one snapshot, kept until the next one, so that many scrapes between two
// snapshots are made once. Bounded: a client that asks for ever new filters gets its answer made each time.
// One thread; a value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/kept_response.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

class Rendered {
 public:
  using Answer = std::shared_ptr<const http::KeptResponse>;

  // What this target shows of this snapshot; null if that is not kept.
  [[nodiscard]] Answer find(std::string_view target, const StatsSnapshot& snapshot) const;
  void keep(std::string target, const StatsSnapshot& snapshot, Answer answer);
  void clear() { answers_.clear(); }

  static constexpr std::size_t answers_max = 32;

 private:
  std::uint64_t number_ = 0;  // of the snapshot
  std::map<std::string, Answer, std::less<>> answers_;
};

}  // namespace tamada::router
