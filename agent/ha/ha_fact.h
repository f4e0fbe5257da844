// HaFact: one thing that happened, for the log, the history and REST. Code branches on the kind; words are for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tamada::ha {

enum class HaFactKind : std::uint8_t {
  row_changed,
  lock_taken,
  lock_lost,
  lock_given_up,
  lock_not_renewed,
  guard_fired,
  guard_missing,
  race_begun,
  race_vetoed,
  race_lost,
  promoted,
  promotion_failed,
  demoted,
  crashed,
  action_begun,
  action_ended,
  switchover_begun,
  switchover_called_off,
  sync_changed,
  commits_wait,
  settings_refused,
  rejoin_failed,
  initialized,
  unexpected_error,
};
[[nodiscard]] std::string_view name_of(HaFactKind kind);

struct HaFact {
  HaFactKind kind = HaFactKind::row_changed;
  std::string words;
  bool is_warning = false;
};

}  // namespace tamada::ha
