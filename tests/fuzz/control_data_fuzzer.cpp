// pg_controldata's output, and the other texts of PostgreSQL's tools that are read in the same way. What was read of a
// damaged file is nothing; what was read stays the same when lines that are none are put before and behind it.
#include <string>

#include "agent/postgres/formats/backup_label.h"
#include "agent/postgres/formats/control_data.h"
#include "agent/postgres/formats/described_settings.h"
#include "agent/postgres/formats/rewind_output.h"
#include "agent/postgres/formats/timeline_history.h"
#include "agent/postgres/formats/waldump_text.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada::agent;
using tamada::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = tamada::fuzz::text_of(data, size);
  const ControlData control = parse_control_data(text);
  if (control.is_damaged) {
    ControlData damaged;
    damaged.is_damaged = true;
    expect(control == damaged, "of a damaged file nothing is known");
  }
  expect(control.system_identifier != std::uint64_t{0}, "0 is no system identifier");
  expect(control.timeline != Timeline{0}, "0 is no timeline");
  expect(!control.wal_segment_size || is_wal_segment_size(*control.wal_segment_size),
         "a segment has a size that the server takes");
  expect(parse_control_data("a warning\n" + std::string(text) + "\nanother: one\n") == control,
         "lines that are none change nothing");
  (void)parse_backup_label(text);
  (void)parse_rewind_failure(text);
  (void)parse_described_settings(text);
  (void)checkpoint_end_in(text, text, 0x182E220);
  const auto history = parse_timeline_history(text);
  for (std::size_t i = 1; history && i < history->switches.size(); ++i)
    expect(history->switches[i - 1].timeline < history->switches[i].timeline, "timelines grow");
  return 0;
}
