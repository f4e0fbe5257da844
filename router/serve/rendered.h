// Rendered: texts made from one snapshot, kept until the next one, so that many scrapes between two snapshots
// are made once. Bounded: a client that asks for ever new filters gets its text made each time.
// One thread; a value.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "router/stats/stats_snapshot.h"

namespace tamada::router {

class Rendered {
 public:
  using Text = std::shared_ptr<const std::string>;
  using Render = std::function<std::string(const StatsSnapshot&)>;

  // The text of this key for this snapshot; `render` makes it where it is not known yet.
  [[nodiscard]] Text get(std::string_view key, const StatsSnapshot& snapshot, const Render& render);

  static constexpr std::size_t texts_max = 32;

 private:
  std::uint64_t number_ = 0;  // of the snapshot
  std::map<std::string, Text, std::less<>> texts_;
};

}  // namespace tamada::router
