#include "agent/postgres/formats/waldump_text.h"

#include "agent/postgres/formats/number_text.h"

namespace tamada::agent {

namespace {

// What stands between `before` and `after`, at the first place where both do.
std::optional<std::string_view> between(std::string_view text, std::string_view before,
                                        std::string_view after) {
  const std::size_t found = text.find(before);
  if (found == std::string_view::npos) return std::nullopt;
  const std::size_t from = found + before.size();
  const std::size_t to = text.find(after, from);
  if (to == std::string_view::npos) return std::nullopt;
  return text.substr(from, to - from);
}

std::optional<std::string_view> only_line(std::string_view text) {
  std::optional<std::string_view> only;
  while (const auto line = take_line(text)) {
    if (trimmed(line->text).empty()) continue;
    if (only) return std::nullopt;
    only = line->text;
  }
  return only;
}

}  // namespace

std::optional<WalRecord> parse_waldump_line(std::string_view line) {
  constexpr std::string_view manager_label = "rmgr: ";
  constexpr std::string_view description_label = ", desc: ";
  if (line.substr(0, manager_label.size()) != manager_label) return std::nullopt;
  const auto manager = between(line, manager_label, " len ");
  const auto position = between(line, ", lsn: ", ", prev ");
  const auto previous = between(line, ", prev ", description_label);
  if (!manager || !position || !previous) return std::nullopt;
  const auto at = parse_wal_position(*position);
  const auto before = parse_wal_position(*previous);
  if (!at || !before) return std::nullopt;
  const std::size_t description = line.find(description_label) + description_label.size();
  return WalRecord{trimmed(*manager), *at, *before, trimmed(line.substr(description))};
}

std::optional<WalPosition> checkpoint_end_in(std::string_view standard_output,
                                             std::string_view standard_error, WalPosition checkpoint) {
  const auto line = only_line(standard_output);
  const auto error = only_line(standard_error);
  if (!line || !error) return std::nullopt;
  const auto record = parse_waldump_line(*line);
  if (!record || record->position != checkpoint) return std::nullopt;
  const auto failed_at = between(*error, "error in WAL record at ", ": ");
  const auto end = between(*error, ": invalid record length at ", ": ");
  if (!failed_at || !end || parse_wal_position(*failed_at) != checkpoint) return std::nullopt;
  // "got 0": nothing was ever written there. Another length is something that is there and cannot be read.
  if (error->find(", got 0") == std::string_view::npos) return std::nullopt;
  const auto position = parse_wal_position(*end);
  if (!position || *position <= checkpoint) return std::nullopt;
  return position;
}

WalPosition shutdown_position(WalPosition checkpoint, const std::optional<WalRecord>& record_before) {
  if (!record_before || record_before->manager != "XLOG" || record_before->position >= checkpoint ||
      record_before->description.substr(0, 6) != "SWITCH")
    return checkpoint;
  return record_before->position;
}

}  // namespace tamada::agent
