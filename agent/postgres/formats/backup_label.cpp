#include "agent/postgres/formats/backup_label.h"

#include "agent/postgres/formats/number_text.h"

namespace tamada::agent {

namespace {

std::optional<std::string_view> after(std::string_view line, std::string_view label) {
  if (line.substr(0, label.size()) != label) return std::nullopt;
  return trimmed(line.substr(label.size()));
}

}  // namespace

BackupLabel parse_backup_label(std::string_view content) {
  BackupLabel label;
  while (const auto line = take_line(content)) {
    if (const auto start = after(line->text, "START WAL LOCATION:"))
      label.start = parse_wal_position(start->substr(0, start->find(' ')));
    if (const auto checkpoint = after(line->text, "CHECKPOINT LOCATION:"))
      label.checkpoint = parse_wal_position(*checkpoint);
    if (const auto timeline = after(line->text, "START TIMELINE:"))
      label.timeline = whole_number<Timeline>(*timeline);
    if (const auto from = after(line->text, "BACKUP FROM:")) {
      if (*from == "standby") label.from_standby = true;
      if (*from == "primary") label.from_standby = false;
    }
    if (after(line->text, "INCREMENTAL FROM LSN:")) label.is_incremental = true;
  }
  return label;
}

}  // namespace tamada::agent
