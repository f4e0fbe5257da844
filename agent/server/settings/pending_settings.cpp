#include "agent/server/settings/pending_settings.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "agent/postgres/blocking_session.h"
#include "agent/postgres/formats/setting_value.h"
#include "agent/postgres/row_reader.h"

namespace tamada::agent {

postgres::Statement pending_query(const Settings& command_line) {
  // Names of settings need no quotes in an array.
  std::string names;
  for (const auto& [name, value] : command_line) names += (names.empty() ? "" : ",") + name;
  return {
      "SELECT s.name, s.vartype, s.unit, pg_catalog.current_setting(s.name), s.pending_restart,"
      " (SELECT f.setting FROM pg_catalog.pg_file_settings f"
      " WHERE pg_catalog.lower(f.name) = pg_catalog.lower(s.name) ORDER BY f.seqno DESC LIMIT 1), s.boot_val"
      " FROM pg_catalog.pg_settings s"
      " WHERE s.pending_restart OR s.name = ANY ($1::pg_catalog.text[]) ORDER BY s.name",
      {fmt::format("{{{}}}", names)}};
}

Result<std::vector<patroni::PendingRestart>> parse_pending(const postgres::Answer& answer,
                                                           const Settings& command_line) {
  const auto set = first_set_of(answer);
  if (!set) return tl::make_unexpected(set.error());
  std::vector<patroni::PendingRestart> pending;
  std::optional<std::string> problem;
  for (const auto& cells : set->rows) {
    RowReader row(cells, problem);
    std::string name = row.text();
    const auto type = setting_type(row.text_or_empty());
    const std::string unit = row.text_or_empty();
    std::string is = row.text_or_empty();
    const bool is_flagged = row.flag();
    const auto in_file = row.optional_text();
    std::string otherwise = row.text_or_empty();
    const auto given = command_line.find(name);
    if (given == command_line.end()) {
      if (is_flagged) pending.push_back({std::move(name), std::move(is), in_file.value_or(otherwise)});
    } else if (!same_setting(type.value_or(SettingType::string), unit, is, given->second).value_or(false)) {
      pending.push_back({std::move(name), std::move(is), given->second});
    }
  }
  if (problem) return fail(ErrorKind::invalid, "the server's answer about its settings " + *problem);
  return pending;
}

}  // namespace tamada::agent
