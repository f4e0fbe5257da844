// LogJoiner: which lines about one kind of trouble are written, and which are only counted, so that a crowd
// of strangers does not write the log: per kind and `window` the first `lines_at_once` are written; when the
// window is over, one line says how many more there were.
//
// Only for lines that anybody on the network can cause again and again. What an administrator must see
// (nodes, leaders, what people did) is not given to it. Pure: time is handed in; EventLog has the lock and
// the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/log/event_log.h"

namespace tamada {

class LogJoiner {
 public:
  explicit LogJoiner(Duration window) : window_(window) {}

  // Whether this line is to be written; else it is counted. `event` and `about` make the kind: words of our
  // own, so that there are few. What is due must have been taken before.
  [[nodiscard]] bool admit(LogLevel level, std::string_view event, const JoinBy& by, TimePoint now);

  struct Joined {
    LogLevel level = LogLevel::info;
    std::string event;
    std::string about;
    std::uint64_t more = 0;
    std::size_t addresses = 0;  // at most addresses_max are counted
    Duration lasted{};
  };
  // Of the windows that are over.
  [[nodiscard]] std::vector<Joined> take_due(TimePoint now);
  // Of all windows: nobody will ask again.
  [[nodiscard]] std::vector<Joined> take_all(TimePoint now);
  // When there is next something to take; none: nothing is counted.
  [[nodiscard]] std::optional<TimePoint> next_due() const;

  static constexpr Duration usual_window = std::chrono::seconds(10);
  static constexpr std::uint32_t lines_at_once = 5;
  static constexpr std::size_t addresses_max = 100;

 private:
  struct Window {
    TimePoint began{};
    std::uint32_t written = 0;
    std::uint64_t more = 0;
    LogLevel level = LogLevel::info;
    std::set<std::string, std::less<>> addresses;
  };
  using Kind = std::pair<std::string, std::string>;
  [[nodiscard]] static Joined joined(const Kind& kind, const Window& window, TimePoint now);

  const Duration window_;
  std::map<Kind, Window> windows_;
};

}  // namespace tamada
