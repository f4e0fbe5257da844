// The decision table: in reading order, when this is so, do that, for this reason. The first row whose condition holds
// decides. docs/agent.md shows the same rows, and a test compares them; each row is a test.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/ha/situation.h"

namespace tamada::ha {

enum class RowId : std::uint8_t {
  fenced,
  writable_without_lock,
  guard_missing,
  lock_runs_out,
  obsolete_action,
  action_runs,
  handing_over,
  giving_up,
  leave,
  ill_leads,
  errors_leads,
  data_unknown,
  server_unknown,
  other_system_leads,
  other_system,
  found_primary,
  paused_take_lock,
  paused_lead,
  paused_release,
  paused_wait,
  prove_lock,
  finish_bootstrap,
  no_data_leads,
  bootstrap,
  clone,
  replace_broken,
  wait_for_data,
  starting,
  stopping,
  crashed_often,
  crash_hands_over,
  start_in_place,
  start_read_only,
  check_histories,
  rewind,
  clone_diverged,
  rejoin_stuck,
  start_following,
  stand_back,
  start_alone,
  race,
  promote,
  lead,
  follow,
  wait,
};

struct DecisionRow {
  RowId id = RowId::wait;
  std::string_view name;  // as in docs/agent.md
  std::string_view when;  // for people
  std::string_view then;
  std::string_view why;
  bool (*holds)(const Situation& situation) = nullptr;
};

[[nodiscard]] std::span<const DecisionRow> decision_table();
// The row that decides. There always is one: the last row holds always.
[[nodiscard]] const DecisionRow& decide(const Situation& situation);
[[nodiscard]] std::string_view name_of(RowId id);

}  // namespace tamada::ha
